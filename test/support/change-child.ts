/**
 * Changes the lake in a process of its own, and dies by SIGKILL at the point that is named: lake-changes.test.ts and
 * forget.test.ts run it. Arguments: the point, then `compact`, `table`, `rebuild`, or `forget` with an order and, if
 * counts go too, `counts`.
 */
import type { BatchContext } from '../../batch-layer/context.ts';
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import { compact } from '../../batch-layer/changes/compact.ts';
import { forget } from '../../batch-layer/changes/forget.ts';
import { runRebuild } from '../../batch-layer/commands/rebuild.ts';
import { horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { keepTable } from '../../batch-layer/table/table.ts';
import { readConfig } from '../../core/process/config.ts';
import { openBatchOf } from './batch-world.ts';

const [, , point, what, order, counts] = process.argv;

const mayCrashAt: BatchContext['mayCrashAt'] = async (at) => {
  if (at !== point) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
};

async function change(context: BatchContext): Promise<unknown> {
  if (what === 'compact')
    return withLakeLock(context, (locked, lease) => compact(locked, lease, { belowBytes: 2 ** 20, now: Date.now() }));
  if (what === 'table') {
    const upTo = (await horizonOf(context))!.epoch;
    return withLakeLock(context, (locked, lease) =>
      keepTable(locked, upTo, { checkLock: () => lease.check(), isAnew: true }),
    );
  }
  const wanted = { order: JSON.parse(order!) as ForgetOrder, ids: [], takesCounts: counts === 'counts' };
  return withLakeLock(context, (locked, lease) => forget(locked, lease, wanted));
}

if (what === 'rebuild') await runRebuild({ switch: true }, mayCrashAt);
else await change((await openBatchOf(readConfig(), mayCrashAt)).context);
