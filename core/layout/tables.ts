/**
 * The tables of HBase and where they are split: the schema that stores/schema.ts creates.
 *
 * Keys begin with a salt, so a table is split between salts and load spreads over its regions whatever the data. Counts have
 * one version and no time to live; first-met rows live for as long as a copy could be met again, which is housekeeping and
 * never decides anything (law L6).
 */
import { CONTROL_FAMILY, COUNT_FAMILIES, DETECTION_FAMILY, LIST_FAMILY, LOCATION_FAMILY, VIEW_SALTS } from './hbase.ts';

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

/** `regions` is how many regions the three large tables get each. */
export function tablePlans(options: { detectionTtlSeconds: number; regions: number }): TablePlan[] {
  const view = [...COUNT_FAMILIES, LIST_FAMILY].map((name) => ({ name }));
  return [
    {
      name: 'detections',
      families: [{ name: DETECTION_FAMILY, ttlSeconds: options.detectionTtlSeconds }],
      splitKeys: splits(256, options.regions),
    },
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

/**
 * How long a first-met row must live (L6): W, and for as long as Kafka may still deliver an old record: retention, the segment
 * that holds it, the deletion delay, and a day for clocks that disagree. In seconds.
 */
export function detectionTtlSeconds(options: { inForceMs: number; retentionMs: number; segmentMs: number }): number {
  const deletionDelayMs = 60_000;
  const skewMs = 86_400_000;
  return Math.ceil((options.inForceMs + options.retentionMs + options.segmentMs + deletionDelayMs + skewMs) / 1_000);
}
