/**
 * Prune: removes epochs from the speed view when they are published and no answer can be reading them there (law L5).
 *
 * An epoch is due when three things hold. The horizon is at it or past it. The grace that is recorded with the horizon
 * has passed since it moved there. Every partition's progress is at the epoch's cut or past it, so that no worker
 * writes the epoch's cells again. Each prune removes every epoch up to the newest one that is due; deletes carry the
 * offset of the cut as their timestamp, never a clock's time.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { keptForMs } from '../../core/domain/grace.ts';
import { readRun } from '../../core/stores/lake/runs.ts';

interface DueEpoch {
  readonly epoch: Epoch;
  readonly cuts: readonly number[];
}

interface PrunedEpoch extends DueEpoch {
  readonly rows: number;
}

const LOOK_BACK_EPOCHS = 100;

/** Prunes what is due after `lastPruned`, the newest epoch that is known to be pruned; returns null if nothing is. */
export async function pruneDue(
  context: BatchContext,
  now: number,
  lastPruned: Epoch | null = null,
): Promise<PrunedEpoch | null> {
  const due = await findNewestDue(context, now);
  if (!due || (lastPruned !== null && due.epoch <= lastPruned)) return null;
  const rows = await context.speedView.prune(due.epoch, due.cuts);
  context.metrics.countPruned(rows);
  return { ...due, rows };
}

export async function findNewestDue(context: BatchContext, now: number): Promise<DueEpoch | null> {
  const { control, rules, settings, hdfs } = context;
  const horizon = await control.horizon(rules.generation);
  if (!horizon) return null;
  const progress = await control.progress(
    rules.generation,
    horizon.cuts.map((_, partition) => partition),
  );
  const isPassed = (cuts: readonly number[]): boolean => cuts.every((cut, p) => (progress[p]?.nextOffset ?? 0) >= cut);
  const keptMs = keptForMs(horizon, settings.pruneGraceMs);
  if (horizon.publishedAt + keptMs <= now && isPassed(horizon.cuts)) return dueOf(horizon);
  // When the run of the next epoch began, the horizon had moved to this epoch.
  let next = await readRun(hdfs, nameOf(horizon.epoch, rules));
  for (let back = 1; next && back <= LOOK_BACK_EPOCHS && horizon.epoch - back >= rules.firstEpoch; back++) {
    const epoch = (horizon.epoch - back) as Epoch;
    const run = await readRun(hdfs, nameOf(epoch, rules));
    const cuts = run?.partitions.map(({ cut }) => cut);
    if (cuts && next.began_at + keptMs <= now && isPassed(cuts)) return { epoch, cuts };
    next = run;
  }
  return null;
}

const dueOf = ({ epoch, cuts }: Horizon): DueEpoch => ({ epoch, cuts });
