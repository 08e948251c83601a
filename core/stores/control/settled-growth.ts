/**
 * Growth as it is recorded: which epochs are settled, and how far the log is read towards a growth (law L3).
 *
 * A process settles an epoch before it decides, archives or publishes the epoch's first record: from then on nobody can
 * record a growth that begins with that epoch. Settling and recording a growth are check-and-puts of one row: one of
 * them comes first and the other sees it. No clock takes part, and a growth that arrives too late fails.
 */
import type { Rules } from '../../domain/rules.ts';
import type { Instant } from '../../domain/time.ts';
import type { ControlStore } from './control.ts';
import type { LogAdmin } from '../kafka/types.ts';
import type { GrowthRecord } from './growth-rows.ts';
import type { Progress } from './progress-rows.ts';
import { allPartitions, partitionsAt } from '../../domain/growth.ts';

/** Settles an epoch and all before it, and returns what is recorded for them. */
export async function settleGrowth(
  control: Pick<ControlStore, 'growth' | 'moveGrowth'>,
  generation: number,
  epoch: number,
): Promise<GrowthRecord> {
  for (;;) {
    const record = await control.growth(generation);
    // mutation: epoch-settling
    if (record.settled >= epoch) return record;
    // The next turn reads what is recorded now: the answer may be lost, or another process may have moved the row.
    await control.moveGrowth(generation, record, { ...record, settled: epoch });
  }
}

/** The rules with every growth that is, or ever will be, recorded up to and including this epoch. */
export async function settleEpoch<R extends Rules>(
  control: Pick<ControlStore, 'growth' | 'moveGrowth'>,
  rules: R,
  epoch: number,
): Promise<R> {
  const { growths } = await settleGrowth(control, rules.generation, epoch);
  return { ...rules, growths };
}

export interface Unread {
  readonly partition: number;
  readonly progress: Progress | null;
}

/** The partitions that may still hold records to count which arrived before the growth at `from`. */
export async function unreadBefore(
  control: Pick<ControlStore, 'readUpTo' | 'progress'>,
  rules: Rules,
  from: Instant,
): Promise<Unread[]> {
  const partitions = allPartitions(rules).slice(0, partitionsAt(from, rules));
  const isRead = await control.readUpTo(rules.generation, from, partitions);
  const open = partitions.filter((partition) => !isRead[partition]);
  const progress = await control.progress(rules.generation, open);
  // A generation may begin after the growth.
  return open
    .map((partition, i) => ({ partition, progress: progress[i]! }))
    .filter((each) => (each.progress?.arrival ?? 0) < from);
}

/** Those of them that hold no record to read: a tick there shows that the growth's epoch has begun. */
export async function quietPartitions(
  admin: Pick<LogAdmin, 'ends'>,
  rules: Rules,
  unread: readonly Unread[],
): Promise<number[]> {
  const ends = new Map((await admin.ends()).map(({ partition, high }) => [partition, high]));
  return unread
    .filter(
      ({ partition, progress }) =>
        (progress?.nextOffset ?? rules.firstOffsets[partition] ?? 0) >= (ends.get(partition) ?? Infinity),
    )
    .map(({ partition }) => partition);
}
