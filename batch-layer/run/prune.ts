/**
 * Prune: epochs leave the speed view once they are published and nobody can be reading them there (law L5).
 *
 * An epoch is due when the horizon is at or past it, the grace that is recorded with it has passed since it moved
 * there, and every partition's progress is at or past the epoch's cut, so that no worker will write its cells again.
 * Each prune sweeps every epoch up to the newest one that is due; deletes name the offset of the cut, never a clock.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { keptForMs } from '../../core/domain/grace.ts';
import { readRun } from '../../core/stores/lake/runs.ts';

export interface Due {
  readonly epoch: Epoch;
  readonly cuts: readonly number[];
}

export interface Pruned extends Due {
  readonly rows: number;
}

const LOOK_BACK_EPOCHS = 100;

/** Prunes what is due beyond `pruned`, the newest epoch that is known to be pruned; null if nothing is. */
export async function pruneDue(
  context: BatchContext,
  now: number,
  pruned: Epoch | null = null,
): Promise<Pruned | null> {
  const due = await newestDue(context, now);
  if (!due || (pruned !== null && due.epoch <= pruned)) return null;
  const rows = await context.speedView.prune(due.epoch, due.cuts);
  context.metrics.pruned(rows);
  return { ...due, rows };
}

export async function newestDue(context: BatchContext, now: number): Promise<Due | null> {
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
  // The horizon was at an epoch, at the latest, when the run of the epoch after it began.
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

const dueOf = ({ epoch, cuts }: Horizon): Due => ({ epoch, cuts });
