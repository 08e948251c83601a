/**
 * Publishes epoch after epoch, in order, until nothing is left to publish; the lock of the lake is held for the whole
 * series.
 *
 * The run command and the scheduler call it; run.ts publishes one epoch, next-epochs.ts says which one is next.
 */
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { EpochRange } from '../epochs/next-epochs.ts';
import { runEpoch } from './run.ts';
import { planNextRun, horizonOf } from '../epochs/next-epochs.ts';
import { withLakeLock } from '../lock/lake-lock.ts';

export interface Series {
  readonly reports: RunReport[];
  /** Why there was nothing (more) to do. */
  readonly stopped: string;
}

/**
 * Publishes what was asked for, in order; throws at the first failure. `took` hears of each epoch that was published.
 */
export async function publishEpochs(
  context: BatchContext,
  asked: EpochRange,
  took: (report: RunReport) => void = () => undefined,
): Promise<Series> {
  const reports: RunReport[] = [];
  const first = planNextRun(asked, await horizonOf(context), context.rules, Date.now());
  if ('stop' in first) return { reports, stopped: first.stop };
  return withLakeLock(context, async (held, lease) => {
    for (;;) {
      const horizon = await horizonOf(held);
      const next = planNextRun(asked, horizon, held.rules, Date.now());
      if ('stop' in next) return { reports, stopped: next.stop };
      const report = await runEpoch(held, lease, horizon, next.run);
      reports.push(report);
      took(report);
    }
  });
}
