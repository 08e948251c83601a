/**
 * The sets of first-met rows: one that generations share, and one for each generation that has its own (laws L6 and
 * L9).
 *
 * `sightline prepare` creates the sets of the living generations, a rebuild creates its own before it writes a row, and
 * the layers check theirs when they start. `batch prune --generations` drops the sets of generations that are gone,
 * without reading their rows. Each store of rows keeps sets in its own way; this file says for how long their rows must
 * live, and refuses a start where they could vanish too soon.
 */
import type { Rules } from '../../domain/rules.ts';
import type { RowLife } from '../../layout/tables.ts';
import type { LogAdmin, TopicFacts } from '../kafka/types.ts';
import { inForceMs } from '../../domain/rules.ts';
import { DAY_MS } from '../../domain/time.ts';
import { detectionFamily } from '../../layout/hbase.ts';
import { detectionTtlSeconds } from '../../layout/tables.ts';
import { EXIT, Refusal } from '../../process/errors.ts';

export interface FirstMetSets {
  /** Creates a generation's set if it is missing, and raises its time to live if that is too short. */
  ensure(rules: Rules): Promise<void>;
  /** Names of sets that none of these generations needs. */
  unneeded(living: readonly Rules[]): Promise<string[]>;
  drop(sets: readonly string[]): Promise<void>;
  /** How long the rows of a generation's set live; null if the store has no tables yet. */
  life(rules: Rules): Promise<SetLife | null>;
}

export interface SetLife {
  /** The set as the store's own tools name it. */
  readonly where: string;
  readonly isThere: boolean;
  /** Undefined: for ever. */
  readonly ttlSeconds: number | undefined;
}

export interface SetPlan {
  readonly name: string;
  readonly ttlSeconds: number;
}

type Lived = Pick<Rules, 'generation' | 'ownFirstMet' | 'dedupWindowDays' | 'clockAheadDays'>;

/** The sets of these generations. A shared set lives for as long as the generation that needs it longest. */
export function setPlans(living: readonly Lived[], facts: TopicFacts): SetPlan[] {
  const seconds = new Map<string, number>();
  for (const rules of living) {
    const name = detectionFamily(rules);
    seconds.set(name, Math.max(seconds.get(name) ?? 0, detectionTtlSeconds(lifeOf(rules, facts))));
  }
  return [...seconds].map(([name, ttlSeconds]) => ({ name, ttlSeconds }));
}

function lifeOf(rules: Lived, { retentionMs, segmentMs, deletionDelayMs }: TopicFacts): RowLife {
  return { inForceMs: inForceMs(rules), retentionMs, segmentMs, deletionDelayMs };
}

/** Throws a Refusal if first-met rows could vanish while a copy may still come (L6). Asks the store and Kafka. */
export async function checkRowLife(
  sets: Pick<FirstMetSets, 'life'>,
  admin: Pick<LogAdmin, 'facts'>,
  rules: Rules,
): Promise<void> {
  const life = await rowLifeNow(sets, admin, rules);
  if (!life || life.spareSeconds >= 0) return;
  const { facts, found, neededSeconds } = life;
  throw tooShort(found, neededSeconds, lifeOf(rules, facts));
}

/**
 * By how much first-met rows live longer than they must; below 0 they could vanish while a copy may still come. Null if
 * the topic or the table is not there.
 */
export async function rowLifeNow(
  sets: Pick<FirstMetSets, 'life'>,
  admin: Pick<LogAdmin, 'facts'>,
  rules: Rules,
): Promise<RowLifeNow | null> {
  const facts = await admin.facts();
  const found = await sets.life(rules);
  if (!facts || !found) return null;
  const neededSeconds = detectionTtlSeconds(lifeOf(rules, facts));
  const lives = found.isThere ? (found.ttlSeconds ?? Infinity) : -Infinity;
  return { facts, found, neededSeconds, spareSeconds: lives - neededSeconds };
}

interface RowLifeNow {
  readonly facts: TopicFacts;
  readonly found: SetLife;
  readonly neededSeconds: number;
  readonly spareSeconds: number;
}

function tooShort({ where, ttlSeconds }: SetLife, neededSeconds: number, life: RowLife): Refusal {
  const days = (ms: number): string => (ms < 0 ? 'for ever' : daysText(Number((ms / DAY_MS).toFixed(2))));
  const found =
    ttlSeconds === undefined ? `${where} does not exist` : `Rows of ${where}, live for ${days(ttlSeconds * 1_000)}`;
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
