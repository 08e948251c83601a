/**
 * Publishes epoch after epoch, in order, until none is left, and holds the lock of the lake all the while.
 *
 * commands/run.ts and scheduler.ts call it; run.ts publishes one epoch, next-epochs.ts says which one is next.
 */
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { EpochRange } from '../epochs/next-epochs.ts';
import { runEpoch } from './run.ts';
import { planNextRun, horizonOf } from '../epochs/next-epochs.ts';
import { withLakeLock } from '../lock/lake-lock.ts';

interface Series {
  readonly reports: RunReport[];
  /** Why no (further) epoch was published. */
  readonly stopReason: string;
}

/** Throws at the first failure. `onPublished` is called after each epoch. */
export async function publishEpochs(
  context: BatchContext,
  range: EpochRange,
  onPublished: (report: RunReport) => void = () => undefined,
): Promise<Series> {
  const reports: RunReport[] = [];
  const first = planNextRun(range, await horizonOf(context), context.rules, Date.now());
  if ('stop' in first) return { reports, stopReason: first.stop };
  return withLakeLock(context, async (locked, lease) => {
    for (;;) {
      const horizon = await horizonOf(locked);
      const next = planNextRun(range, horizon, locked.rules, Date.now());
      if ('stop' in next) return { reports, stopReason: next.stop };
      const report = await runEpoch(locked, lease, horizon, next.run);
      reports.push(report);
      onPublished(report);
    }
  });
}
