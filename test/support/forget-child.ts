/**
 * Forgets in a process of its own, and dies by SIGKILL at the point that is named: lake-changes.test.ts runs it.
 */
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import { readConfig } from '../../core/process/config.ts';
import { forget } from '../../batch-layer/changes/forget.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { openBatchOf } from './batch-world.ts';

const [, , point, order] = process.argv;
const { context } = await openBatchOf(readConfig(), async (at) => {
  if (at !== point) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
});
const wanted = { order: JSON.parse(order!) as ForgetOrder, ids: [] };
await withLakeLock(context, (locked, lease) => forget(locked, lease, wanted));
