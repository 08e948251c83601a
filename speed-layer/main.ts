/**
 * The process of a speed worker: opens the stores and the layer, runs until told to stop, closes in reverse.
 *
 * The metrics server comes first, so that /readyz says what a start waits for. Every step waits for as long as its
 * dependency is away; what cannot pass is thrown.
 */
import type { Config } from '../core/process/config.ts';
import type { OpenParts } from './open-parts.ts';
import type { Exposition } from '../core/process/metrics.ts';
import type { Log } from '../core/process/log.ts';
import type { Readiness } from './readiness.ts';
import { stopSignal } from '../core/process/life.ts';
import { createLog } from '../core/process/log.ts';
import { announceTarget } from '../core/process/metrics-target.ts';
import { serveMetrics } from '../core/process/metrics.ts';
import { openLogConsumer } from '../core/stores/kafka/consumer.ts';
import { openStores } from '../core/stores/open.ts';
import { HBASE_DEADLINES, openLayer, openWorker, paceOf } from './layer.ts';
import { openParts } from './open-parts.ts';
import { logHooks } from './partitions.ts';
import { runWorker } from './worker.ts';

const OPTIONS = { ...HBASE_DEADLINES, checksRowLife: true, mayBeWeak: true };

export async function runSpeedLayer(config: Config): Promise<void> {
  const signal = stopSignal();
  const failure = new AbortController();
  const log = createLog('speed', config.LOG_LEVEL);
  const parts = openParts(log);
  try {
    const worker = openWorker(config, log, parts, AbortSignal.any([signal, failure.signal]));
    const { holdings, registry, readiness, persist } = worker;
    await showMetrics(config, { log, parts, readiness, registry });
    const stores = parts.add(await persist(() => openStores(config, OPTIONS)));
    const ports = await openLayer(config, worker, stores, {
      open: (hooks) => openLogConsumer(config, logHooks(hooks, log), (fault) => log.debug(fault)),
      watched: holdings.progress,
    });
    await runWorker(ports, { holdings, pace: paceOf(config), signal, failure });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    await parts.closeAll();
    log.info('stopped');
  }
}

interface Shown {
  readonly log: Log;
  readonly parts: OpenParts;
  readonly readiness: Readiness;
  readonly registry: Exposition;
}

/** Shows metrics and readiness on METRICS_PORT, and tells Prometheus where. */
export async function showMetrics(config: Config, { log, parts, readiness, registry }: Shown): Promise<void> {
  const address = { host: config.BIND, port: config.METRICS_PORT };
  const server = parts.add(await serveMetrics(registry, address, readiness.reason));
  const forgetTarget = announceTarget(config, 'speed', server.port);
  parts.add({ close: async () => forgetTarget() });
  log.info({ port: server.port }, 'metrics');
}
