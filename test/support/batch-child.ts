/**
 * Publishes the next epoch in a process of its own, and dies by SIGKILL at the point that is named: batch.test.ts runs
 * it.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import { readConfig } from '../../core/process/config.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { openBatchOf } from './batch-world.ts';

const [, , point, number] = process.argv;
const epoch = Number(number) as Epoch;
const { context } = await openBatchOf(readConfig(), async (at) => {
  if (at !== point) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
});
await publishEpochs(context, { from: epoch, to: epoch });
