/**
 * Which epochs are due: they are over, they lie in days of which there is footage or was lately, and no file says that
 * they are analysed.
 *
 * Days without footage count for as long as cameras are known (FOOTAGE_KNOWN_DAYS), so that cameras which all fall
 * silent are seen. A camera with a clock of 1970 adds that day and none between.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { dateOf, DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { FOOTAGE } from '../../core/layout/footage.ts';
import { PACKS } from '../../core/layout/footage-packs.ts';
import { analysedEpochs } from '../../core/stores/footage/analysed-epochs.ts';
import { cameraDaysIn } from '../../core/stores/footage/days.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';

/** How long after an epoch its last files may still be settled. */
const SETTLED_AFTER_MS = MINUTE_MS;

export interface DueRules {
  readonly epochSeconds: number;
  readonly knownDays: number;
  readonly nowMs: number;
}

/** The first epoch that is not over yet, or whose last files may still be settled. */
export function firstOpenEpoch(nowMs: number, length: { readonly epochSeconds: number }): Epoch {
  return epochAt(nowMs - SETTLED_AFTER_MS, length);
}

/** In ascending order. */
export async function dueEpochs(hdfs: Hdfs, { nowMs, knownDays, ...length }: DueRules): Promise<Epoch[]> {
  const days = new Set<string>();
  for (const root of [FOOTAGE, PACKS]) for (const { date } of await cameraDaysIn(hdfs, root)) days.add(date);
  const last = [...days]
    .filter((date) => date <= dateOf(nowMs))
    .sort()
    .at(-1);
  for (let n = 0; last !== undefined && n <= knownDays; n++) {
    const date = dateOf(Date.parse(last) + n * DAY_MS);
    if (date <= dateOf(nowMs)) days.add(date);
  }
  const analysed = new Set(await analysedEpochs(hdfs));
  const firstOpen = firstOpenEpoch(nowMs, length);
  return [...days].sort().flatMap((date) => {
    const begin = Date.parse(date);
    const due: Epoch[] = [];
    for (let epoch = epochAt(begin, length); epoch < Math.min(firstOpen, epochAt(begin + DAY_MS, length)); epoch++)
      if (!analysed.has(nameOf(epoch as Epoch, length))) due.push(epoch as Epoch);
    return due;
  });
}

/** Epochs of one start of Spark: a day at most, so that the lease of packing is free again in between. */
export function* groupsOf(epochs: readonly Epoch[], epochSeconds: number): Generator<Epoch[]> {
  const most = Math.max(1, Math.min(MOST_EPOCHS, Math.floor(DAY_MS / 1_000 / epochSeconds)));
  let group: Epoch[] = [];
  for (const epoch of epochs) {
    if (group.length > 0 && epoch - group[0]! >= most) {
      yield group;
      group = [];
    }
    group.push(epoch);
  }
  if (group.length > 0) yield group;
}

const MOST_EPOCHS = 288;
