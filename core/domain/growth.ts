/**
 * Growth: how many partitions count for the home of an id, as a function of the epoch in which a record arrives (law
 * L3).
 *
 * A topic that grows has more partitions, and many ids get another home. A growth holds from the first record of an
 * epoch on, so an epoch has one count, and both layers take it from here. core/stores/control/settled-growth.ts makes
 * sure that nobody decides a record of an epoch while a growth could still be recorded for that epoch.
 * speed-layer/growth.ts makes sure that workers decide everything of the old homes before anything of the new ones.
 */
import type { Rules } from './rules.ts';
import type { Instant } from './time.ts';
import { inForceMs } from './rules.ts';

type Counts = Pick<Rules, 'partitionCount' | 'growths'>;

/** How many partitions count for a record that arrives at `arrival`. */
export function partitionsAt(arrival: Instant, { partitionCount, growths }: Counts): number {
  if (growths === undefined) return partitionCount;
  for (let i = growths.length - 1; i >= 0; i--) if (arrival >= growths[i]!.from) return growths[i]!.partitions;
  return partitionCount;
}

/** How many partitions the rules know at most: all that can hold a record. */
export function partitionsEver({ partitionCount, growths }: Counts): number {
  return growths?.at(-1)?.partitions ?? partitionCount;
}

/** 0 … partitionsEver − 1. */
export function allPartitions(rules: Counts): number[] {
  return Array.from({ length: partitionsEver(rules) }, (_, partition) => partition);
}

/** The beginning of the first growth that begins after this arrival; null if there is none. */
export function growthAfter(arrival: Instant, { growths = [] }: Counts): Instant | null {
  return growths.find(({ from }) => from > arrival)?.from ?? null;
}

/** Every count that held before the one of this arrival. */
export function earlierCounts(arrival: Instant, { partitionCount, growths = [] }: Counts): number[] {
  return [partitionCount, ...growths.map(({ partitions }) => partitions)].slice(
    0,
    growths.filter(({ from }) => from <= arrival).length,
  );
}

/** Whether rows that may be in force for arrivals from `start` on are from a time with another count. */
export function hasGrownBefore(start: Instant, rules: Rules): boolean {
  const reach = start - inForceMs(rules);
  return rules.growths?.some(({ from }) => from > reach && from <= start) ?? false;
}
