/**
 * `sightline footage settle --every`: settling as a service, with metrics, until it is told to stop. Once an hour it
 * removes what is older than the retention.
 *
 * While HDFS is away it waits and says so, in its log and at /readyz.
 */
import { HOUR_MS } from '../core/domain/time.ts';
import type { Config } from '../core/process/config.ts';
import type { ExitCode } from '../core/process/errors.ts';
import { messageOf } from '../core/process/errors.ts';
import { servePasses } from '../core/process/passes.ts';
import { WORKER_RETRY, withRetry } from '../core/process/retry.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { eraseOrders } from './erase-orders.ts';
import { settleMetrics } from './metrics.ts';
import { firstKeptDay, prune } from './prune.ts';
import { settle, SETTLE_RULES } from './settle.ts';

export function serveSettling(config: Config, everySeconds: number, signal: AbortSignal): Promise<ExitCode> {
  const files = hdfs(config);
  const plan = {
    process: 'footage',
    name: 'footage-settle',
    started: 'settling has started',
    everyMs: everySeconds * 1_000,
    signal,
  };
  return servePasses(config, plan, ({ log, registry, wait }) => {
    const metrics = settleMetrics(registry);
    const retry = {
      signal,
      onRetry(fault: unknown): void {
        wait(`HDFS is away: ${messageOf(fault)}`);
        log.warn({ reason: messageOf(fault) }, 'HDFS is away; settling waits');
      },
    };
    const options = { watch: metrics, readOrders: eraseOrders(files) };
    let prunedMs = -Infinity;
    const pruneOldDays = async (): Promise<void> => {
      const before = firstKeptDay(config.FOOTAGE_RETENTION_DAYS, Date.now());
      if (before === null || performance.now() - prunedMs < HOUR_MS) return;
      prunedMs = performance.now();
      const pruned = await withRetry(WORKER_RETRY, () => prune(files, { before, signal }), retry);
      metrics.countPruned(pruned);
      if (pruned.files > 0) log.info({ before, ...pruned }, 'old footage removed');
    };
    return {
      async pass() {
        const done = await withRetry(WORKER_RETRY, () => settle(files, Date.now, SETTLE_RULES, options), retry);
        metrics.countPass(done);
        if (done.settled + done.copies + done.rejected + done.erased > 0) log.info(done, 'footage settled');
        await pruneOldDays();
      },
      onFailure: (fault) =>
        log.warn({ reason: messageOf(fault) }, 'footage was not settled; the next pass tries again'),
    };
  });
}
