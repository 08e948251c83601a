/**
 * Growth as it is recorded: which epochs are settled, and how far the log is read towards a growth (law L3).
 *
 * Before the first record of an epoch is decided, archived or published, whoever does it settles the epoch: from then
 * on no growth can be recorded that begins with it. Settling and recording a growth are check-and-puts of one row, so
 * of the two one comes first and the other learns of it: no clock takes part, and a growth that was on its way for an
 * hour comes to nothing.
 */
import type { Rules } from '../../domain/rules.ts';
import type { Instant } from '../../domain/time.ts';
import type { ControlStore } from './control.ts';
import type { LogAdmin } from '../kafka/types.ts';
import type { GrowthRecord } from './growth-rows.ts';
import type { Progress } from './progress-rows.ts';
import { allPartitions, partitionsAt } from '../../domain/growth.ts';

/** Settles an epoch and all before it, and returns what is recorded for them. */
export async function settledGrowth(
  control: Pick<ControlStore, 'growth' | 'moveGrowth'>,
  generation: number,
  epoch: number,
): Promise<GrowthRecord> {
  for (;;) {
    const found = await control.growth(generation);
    // mutation: epoch-settling
    if (found.settled >= epoch) return found;
    // Whether it was done is read, not believed: an answer may get lost on its way.
    await control.moveGrowth(generation, found, { ...found, settled: epoch });
  }
}

/** The rules with every growth that is, or ever will be, recorded up to and including this epoch. */
export async function settledRules<R extends Rules>(
  control: Pick<ControlStore, 'growth' | 'moveGrowth'>,
  rules: R,
  epoch: number,
): Promise<R> {
  const { growths } = await settledGrowth(control, rules.generation, epoch);
  return { ...rules, growths };
}

export interface Unread {
  readonly partition: number;
  readonly progress: Progress | null;
}

/** The partitions in which something may be left to be counted that arrived before the growth at `from`. */
export async function unreadBefore(
  control: Pick<ControlStore, 'readUpTo' | 'progress'>,
  rules: Rules,
  from: Instant,
): Promise<Unread[]> {
  const partitions = allPartitions(rules).slice(0, partitionsAt(from, rules));
  const isRead = await control.readUpTo(rules.generation, from, partitions);
  const open = partitions.filter((partition) => !isRead[partition]);
  const progress = await control.progress(rules.generation, open);
  // A generation may begin behind the growth.
  return open
    .map((partition, i) => ({ partition, progress: progress[i]! }))
    .filter((each) => (each.progress?.arrival ?? 0) < from);
}

/**
 * Those of them that hold nothing to be read: they are quiet, and a tick would tell that the growth's epoch has begun.
 */
export async function quietOf(
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
