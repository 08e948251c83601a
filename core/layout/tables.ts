/**
 * The tables of HBase and where they are split: the schema that core/stores/tables/schema.ts creates.
 *
 * Keys begin with a salt, so a table is split between salts and the load spreads over its regions, whatever the data.
 * Counts have one version and no time to live. First-met rows live for as long as a copy may come; that is housekeeping
 * and never decides anything (law L6).
 */
import { DAY_MS } from '../domain/time.ts';
import { CONTROL_FAMILY, COUNT_FAMILIES, LIST_FAMILY, LOCATION_FAMILY, VIEW_SALTS } from './hbase.ts';

export const TABLES = ['detections', 'speed_view', 'batch_view', 'locations', 'control'] as const;
export type TableName = (typeof TABLES)[number];

export interface FamilyPlan {
  readonly name: string;
  readonly ttlSeconds?: number;
}

export interface TablePlan {
  readonly name: TableName;
  readonly families: readonly FamilyPlan[];
  readonly splitKeys: readonly Buffer[];
}

export interface TableOptions {
  /** Families of first-met rows: those of every generation that lives (core/stores/tables/first-met-families.ts). */
  readonly detections: readonly FamilyPlan[];
  /** How many regions the three large tables get each. */
  readonly regions: number;
}

export function tablePlans(options: TableOptions): TablePlan[] {
  const view = [...COUNT_FAMILIES, LIST_FAMILY].map((name) => ({ name }));
  return [
    { name: 'detections', families: options.detections, splitKeys: splits(256, options.regions) },
    { name: 'speed_view', families: view, splitKeys: splits(VIEW_SALTS, options.regions) },
    { name: 'batch_view', families: view, splitKeys: splits(VIEW_SALTS, options.regions) },
    { name: 'locations', families: [{ name: LOCATION_FAMILY }], splitKeys: [] },
    { name: 'control', families: [{ name: CONTROL_FAMILY }], splitKeys: [] },
  ];
}

/** Splits 0 … salts − 1 into that many equal ranges. */
function splits(salts: number, regions: number): Buffer[] {
  const count = Math.min(salts, regions);
  return Array.from({ length: count - 1 }, (_, i) => Buffer.from([Math.round(((i + 1) * salts) / count)]));
}

/** What decides how long a first-met row must live, in milliseconds. */
export interface RowLife {
  /** W. */
  readonly inForceMs: number;
  /** Of the topic; −1: for ever. */
  readonly retentionMs: number;
  readonly segmentMs: number;
  /** How long Kafka keeps the file of a segment that it has deleted. */
  readonly deletionDelayMs: number;
}

/** Kept for ever: a row that outlives ten years may go. */
const FOR_EVER_MS = 3_650 * DAY_MS;
/** For clocks that disagree, and for how seldom Kafka looks for what it may delete (minutes). */
const SKEW_MS = DAY_MS;

/**
 * L6: W, and for as long as Kafka may still deliver an old record: retention, the segment that holds it, the deletion
 * delay, and clock skew.
 */
export function detectionTtlSeconds({ inForceMs, retentionMs, segmentMs, deletionDelayMs }: RowLife): number {
  const heldMs = retentionMs < 0 ? FOR_EVER_MS : retentionMs;
  return Math.ceil((inForceMs + heldMs + segmentMs + deletionDelayMs + SKEW_MS) / 1_000);
}
