/**
 * `sightline footage settle --every`: settling as a service, with metrics, until it is told to stop. Once an hour it
 * removes what is older than the retention.
 *
 * While HDFS is away it waits and says so, in its log and at /readyz.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HOUR_MS } from '../core/domain/time.ts';
import type { Config } from '../core/process/config.ts';
import { EXIT, messageOf } from '../core/process/errors.ts';
import { createLog } from '../core/process/log.ts';
import { announceTarget } from '../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../core/process/metrics.ts';
import { WORKER_RETRY, withRetry } from '../core/process/retry.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { eraseOrders } from './erase-orders.ts';
import { settleMetrics } from './metrics.ts';
import { firstKeptDay, prune } from './prune.ts';
import { settle, SETTLE_RULES } from './settle.ts';
import type { Settled } from './settle.ts';

export async function serveSettling(config: Config, everySeconds: number, signal: AbortSignal): Promise<number> {
  const log = createLog('footage', config.LOG_LEVEL);
  const files = hdfs(config);
  const registry = createRegistry('footage-settle');
  const metrics = settleMetrics(registry);
  let waitingFor: string | null = 'the first pass is under way';
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () => waitingFor);
  const forgetTarget = announceTarget(config, 'footage', server.port);
  log.info({ metrics_port: server.port, every_s: everySeconds }, 'settling has started');
  const onRetry = (fault: unknown): void => {
    waitingFor = `HDFS is away: ${messageOf(fault)}`;
    log.warn({ reason: messageOf(fault) }, 'HDFS is away; settling waits');
  };
  const options = { watch: metrics, readOrders: eraseOrders(files) };
  let prunedMs = -Infinity;
  const pruneOldDays = async (): Promise<void> => {
    const before = firstKeptDay(config.FOOTAGE_RETENTION_DAYS, Date.now());
    if (before === null || performance.now() - prunedMs < HOUR_MS) return;
    prunedMs = performance.now();
    const pruned = await withRetry(WORKER_RETRY, () => prune(files, { before, signal }), { signal, onRetry });
    metrics.countPruned(pruned);
    if (pruned.files > 0) log.info({ before, ...pruned }, 'old footage removed');
  };
  try {
    while (!signal.aborted) {
      const pass = (): Promise<Settled> => settle(files, Date.now, SETTLE_RULES, options);
      const done = await withRetry(WORKER_RETRY, pass, { signal, onRetry });
      waitingFor = null;
      metrics.countPass(done);
      if (done.settled + done.copies + done.rejected + done.erased > 0) log.info(done, 'footage settled');
      await pruneOldDays();
      await pause(everySeconds * 1_000, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    forgetTarget();
    await server.close();
  }
  return EXIT.done;
}
