/**
 * The joined rows of a window, batch by batch: the content of the list of detections, in constant memory.
 *
 * exports.ts calls it, csv.ts and core/stores/lake/parquet-rows.ts write the rows. Epochs up to the horizon of the
 * snapshot come from the lake, later ones from the speed view. If an epoch is published during the export, its
 * remaining rows come from the lake, before the epoch can be pruned. Rows come by epoch and are not sorted, because
 * sorting a million rows would need all of them in memory.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { reliedOnMs } from '../../core/domain/grace.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { QuestionContext } from '../counts/question-context.ts';
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
  context: QuestionContext,
  fromLake: LakeRows,
  limits?: ReadLimits,
): AsyncGenerator<ExportRow[]> {
  const window = windowOf(question, context.now());
  const snapshot = await context.snapshots.current();
  const { rules } = snapshot;
  const places = await context.places();
  const horizon = snapshot.horizon?.epoch ?? null;
  const common = { window, location: question.location, places, limits };
  if (horizon !== null) yield* fromLake({ ...common, rules, epochs: { from: 0, to: horizon } });
  for (const epoch of speedEpochsOf(window, planSnapshotOf(snapshot, context.now()))) {
    const position = { upTo: window.from };
    const watch = await watchEpoch(epoch, context);
    if (watch) yield* speedRows({ ...common, epoch, isInSpeedView: watch.isInSpeedView }, context, position);
    if (watch && !watch.wasPruned()) continue;
    yield* fromLake({
      ...common,
      rules,
      window: { ...window, from: position.upTo },
      epochs: { from: epoch, to: epoch },
    });
  }
}

interface EpochWatch {
  readonly isInSpeedView: () => Promise<boolean>;
  readonly wasPruned: () => boolean;
}

/**
 * Null if the epoch is already published. An epoch is pruned when the grace period has passed since the horizon reached
 * it. So after a check that finds it unpublished, it stays complete for half of the grace period that the horizon row
 * records.
 */
async function watchEpoch(epoch: Epoch, { snapshots, now }: QuestionContext): Promise<EpochWatch | null> {
  const isUnpublished = ({ horizon }: Snapshot): boolean => horizon === null || horizon.epoch < epoch;
  let snapshot = await snapshots.current();
  if (!isUnpublished(snapshot)) return null;
  let { readAt: seenAt, horizon: seenAtHorizon } = snapshot;
  let isPruned = false;
  return {
    async isInSpeedView() {
      if (isPruned) return false;
      snapshot = await snapshots.current();
      if (isUnpublished(snapshot)) ({ readAt: seenAt, horizon: seenAtHorizon } = snapshot);
      else isPruned = now() - seenAt >= reliedOnMs(seenAtHorizon);
      return !isPruned;
    },
    wasPruned: () => isPruned,
  };
}
