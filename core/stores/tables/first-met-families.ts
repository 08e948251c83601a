/**
 * The families of the table `detections`: one for the first-met rows of each generation that has its own (laws L6 and
 * L9).
 *
 * `sightline prepare` creates the families of the living generations, a rebuild creates its own before it writes a row,
 * and the layers check theirs when they start. `batch prune --generations` drops the families of generations that are
 * gone, without reading their rows. Each generation has a family of its own because a lookup reads one family: rows of
 * other generations cost it nothing.
 */
import type { Rules } from '../../domain/rules.ts';
import type { RowLife } from '../../layout/tables.ts';
import type { HBaseClient } from '../../hbase/types.ts';
import type { LogAdmin, TopicFacts } from '../kafka/types.ts';
import type { FamilyPlan } from '../../layout/tables.ts';
import { inForceMs } from '../../domain/rules.ts';
import { DAY_MS } from '../../domain/time.ts';
import { DETECTION_FAMILY, detectionFamily } from '../../layout/hbase.ts';
import { detectionTtlSeconds } from '../../layout/tables.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { askHBase } from '../rows/hbase-rows.ts';
import { ensureFamilies, familyOf } from './schema.ts';

export interface FirstMetFamilies {
  /** Creates a generation's family if it is missing, and raises its time to live if that is too short. */
  ensure(rules: Rules): Promise<void>;
  /** Families that none of these generations needs. */
  unneeded(living: readonly Rules[]): Promise<string[]>;
  drop(families: readonly string[]): Promise<void>;
}

type Lived = Pick<Rules, 'generation' | 'ownFirstMet' | 'dedupWindowDays' | 'clockAheadDays'>;

/** The families of these generations. A shared family lives for as long as the generation that needs it longest. */
export function familyPlans(living: readonly Lived[], facts: TopicFacts): FamilyPlan[] {
  const seconds = new Map<string, number>();
  for (const rules of living) {
    const family = detectionFamily(rules);
    seconds.set(family, Math.max(seconds.get(family) ?? 0, detectionTtlSeconds(lifeOf(rules, facts))));
  }
  return [...seconds].map(([name, ttlSeconds]) => ({ name, ttlSeconds }));
}

function lifeOf(rules: Lived, { retentionMs, segmentMs, deletionDelayMs }: TopicFacts): RowLife {
  return { inForceMs: inForceMs(rules), retentionMs, segmentMs, deletionDelayMs };
}

export function firstMetFamilies(
  hbase: HBaseClient,
  namespace: string,
  admin: Pick<LogAdmin, 'facts'>,
): FirstMetFamilies {
  const table = `${namespace}:detections`;
  return {
    async ensure(rules) {
      const facts = await admin.facts();
      if (!facts) return;
      await askHBase(table, () =>
        ensureFamilies(hbase, { name: table, families: familyPlans([rules], facts).map(familyOf) }),
      );
    },
    async unneeded(living) {
      const needed = new Set(living.map(detectionFamily));
      const found = await askHBase(table, () => hbase.admin.describeTable(table));
      return (found?.families ?? []).map(({ name }) => name).filter((name) => OURS.test(name) && !needed.has(name));
    },
    async drop(families) {
      for (const family of families) await askHBase(table, () => hbase.admin.dropFamily(table, family));
    },
  };
}

const OURS = new RegExp(`^${DETECTION_FAMILY}\\d*$`);

/** Throws a Refusal if first-met rows could vanish while a copy may still come (L6). Asks HBase's master and Kafka. */
export async function checkRowLife(
  hbase: HBaseClient,
  namespace: string,
  admin: Pick<LogAdmin, 'facts'>,
  rules: Rules,
): Promise<void> {
  const life = await rowLifeNow(hbase, namespace, admin, rules);
  if (!life || life.spareSeconds >= 0) return;
  const { table, facts, ttlSeconds, neededSeconds } = life;
  throw tooShort(`${table}, family ${detectionFamily(rules)}`, ttlSeconds, neededSeconds, lifeOf(rules, facts));
}

/**
 * By how much first-met rows live longer than they must; below 0 they could vanish while a copy may still come. Null if
 * the topic or the table is not there.
 */
export async function rowLifeNow(
  hbase: HBaseClient,
  namespace: string,
  admin: Pick<LogAdmin, 'facts'>,
  rules: Rules,
): Promise<RowLifeNow | null> {
  const table = `${namespace}:detections`;
  const facts = await admin.facts();
  const found = await askHBase(table, () => hbase.admin.describeTable(table));
  if (!facts || !found) return null;
  const family = found.families.find(({ name }) => name === detectionFamily(rules));
  const neededSeconds = detectionTtlSeconds(lifeOf(rules, facts));
  const lives = family ? (family.ttlSeconds ?? Infinity) : -Infinity;
  return { table, facts, ttlSeconds: family?.ttlSeconds, neededSeconds, spareSeconds: lives - neededSeconds };
}

interface RowLifeNow {
  readonly table: string;
  readonly facts: TopicFacts;
  /** Undefined if the family is not there, or its rows live for ever. */
  readonly ttlSeconds: number | undefined;
  readonly neededSeconds: number;
  readonly spareSeconds: number;
}

function tooShort(where: string, foundSeconds: number | undefined, neededSeconds: number, life: RowLife): Refusal {
  const days = (ms: number): string => (ms < 0 ? 'for ever' : daysText(Number((ms / DAY_MS).toFixed(2))));
  const found =
    foundSeconds === undefined ? `${where} does not exist` : `Rows of ${where}, live for ${days(foundSeconds * 1_000)}`;
  return new Refusal(
    EXIT.usage,
    `${found}, and ${days(neededSeconds * 1_000)} are needed: W is ${days(life.inForceMs)}, and Kafka may deliver a ` +
      `record for retention.ms (${days(life.retentionMs)}), segment.ms (${days(life.segmentMs)}) and ` +
      `file.delete.delay.ms (${life.deletionDelayMs} ms) after its arrival, and a day is for clocks. A first-met row ` +
      'that vanishes too soon makes a copy count as new. "sightline prepare" raises the time to live ' +
      '(docs/operations.md); nothing was counted.',
  );
}

const daysText = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`;
