/**
 * The joined rows of a window, batch by batch: what a list of detections pages through, all of it, in flat memory.
 *
 * questions ask it over the opened stores, csv.ts and core/stores/lake/parquet-rows.ts write it down. Epochs up to the
 * horizon come from the lake, later ones from the speed view, by the horizon of the snapshot, as in every answer; an
 * epoch that is published while the export runs is taken from the lake from there on, before it can be pruned. Rows
 * come by epoch and are not sorted: sorting a million would need them all at once.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { reliedOnMs } from '../../core/domain/grace.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { Asking } from '../counts/question-context.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { LakeRows } from './lake-rows.ts';
import type { ExportRow } from './row.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { planSnapshotOf } from '../counts/counts.ts';
import { speedEpochsOf } from '../counts/plan.ts';
import { windowOf } from '../counts/window.ts';
import { speedRows } from './speed-rows.ts';

export type ExportQuestion = WindowQuestion & { location: Scope };

export async function* exportRows(
  question: ExportQuestion,
  asking: Asking,
  fromLake: LakeRows,
  limits?: ReadLimits,
): AsyncGenerator<ExportRow[]> {
  const window = windowOf(question, asking.now());
  const snapshot = await asking.snapshots.current();
  const { rules } = snapshot;
  const places = await asking.places();
  const horizon = snapshot.horizon?.epoch ?? null;
  const common = { window, location: question.location, places, limits };
  if (horizon !== null) yield* fromLake({ ...common, rules, isWanted: (epoch) => epoch <= horizon });
  for (const epoch of speedEpochsOf(window, planSnapshotOf(snapshot, asking.now()))) {
    const given = { upTo: window.from };
    const watch = await watchOf(epoch, asking);
    if (watch) yield* speedRows({ ...common, epoch, isThere: watch.isThere }, asking, given);
    if (watch && !watch.hasGone()) continue;
    yield* fromLake({ ...common, rules, window: { ...window, from: given.upTo }, isWanted: (one) => one === epoch });
  }
}

interface EpochWatch {
  readonly isThere: () => Promise<boolean>;
  readonly hasGone: () => boolean;
}

/**
 * Null if the epoch is published already. An epoch is pruned when the grace has passed since the horizon reached it, so
 * it is whole for half of the grace that is recorded with the horizon after a look that found it unpublished.
 */
async function watchOf(epoch: Epoch, { snapshots, now }: Asking): Promise<EpochWatch | null> {
  const isUnpublished = ({ horizon }: Snapshot): boolean => horizon === null || horizon.epoch < epoch;
  let snapshot = await snapshots.current();
  if (!isUnpublished(snapshot)) return null;
  let { readAt: seenAt, horizon: seenAtHorizon } = snapshot;
  let gone = false;
  return {
    async isThere() {
      if (gone) return false;
      snapshot = await snapshots.current();
      if (isUnpublished(snapshot)) ({ readAt: seenAt, horizon: seenAtHorizon } = snapshot);
      else gone = now() - seenAt >= reliedOnMs(seenAtHorizon);
      return !gone;
    },
    hasGone: () => gone,
  };
}
