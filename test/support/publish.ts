/** Publishes epochs as a scheduler does: it runs again where the lock of the lake was lost on a busy machine. */
import type { Epoch } from '../../core/domain/epoch.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../../batch-layer/context.ts';
import { horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';

const MOST_TRIES = 10;

/** Publishes what is not published up to and including `last`, which must be over; returns its manifests. */
export async function publishUpTo(context: BatchContext, last: Epoch): Promise<RunReport[]> {
  const { hdfs, rules } = context;
  const before = await horizonOf(context);
  const first = (before ? before.epoch + 1 : rules.firstEpoch) as Epoch;
  for (let tries = 1; ; tries++) {
    try {
      const now = await horizonOf(context);
      await publishEpochs(context, { from: (now ? now.epoch + 1 : rules.firstEpoch) as Epoch, to: last });
      break;
    } catch (fault) {
      if (!(fault instanceof Refusal) || fault.exitCode !== EXIT.lake_held || tries === MOST_TRIES) throw fault;
    }
  }
  const reports: RunReport[] = [];
  for (let epoch = first; epoch <= last; epoch = (epoch + 1) as Epoch)
    reports.push((await readRun(hdfs, nameOf(epoch, rules)))!);
  return reports;
}
