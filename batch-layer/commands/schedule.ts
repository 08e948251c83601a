/** `sightline batch schedule`: the service that publishes each epoch shortly after its end, with metrics and a log. */
import type { Config } from '../../core/process/config.ts';
import type { Engine, OpenBatch } from './open.ts';
import { readConfig } from '../../core/process/config.ts';
import { messageOf } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { withRetry, WORKER_RETRY } from '../../core/process/retry.ts';
import { batchMetrics } from '../metrics.ts';
import { openBatch } from './open.ts';
import { SILENT } from '../progress-line.ts';
import { storeNameOf } from '../../core/process/store-settings.ts';
import { schedule } from '../run/scheduler.ts';

export async function runSchedule({ engine }: { engine: Engine }): Promise<void> {
  giveWay();
  const config = readConfig();
  const log = createLog('batch', config.LOG_LEVEL);
  const signal = stopSignal();
  const registry = createRegistry('batch');
  let waitingFor: string | null = `opening ${storeNameOf(config)} and Kafka`;
  const onWait = (because: string | null): void => void (waitingFor = because);
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () => waitingFor);
  const forgetTarget = announceTarget(config, 'batch', server.port);
  log.info({ metrics_port: server.port }, 'the scheduler of the batch layer has started');
  try {
    const open = await openWithRetry(
      config,
      engine,
      { log, progressLine: SILENT, metrics: batchMetrics(registry), signal },
      onWait,
    );
    onWait(null);
    try {
      await schedule(open.context, onWait);
    } finally {
      await open.close();
    }
  } finally {
    forgetTarget();
    await server.close();
  }
}

function openWithRetry(
  config: Config,
  engine: Engine,
  parts: Parameters<typeof openBatch>[1],
  onWait: (because: string) => void,
): Promise<OpenBatch> {
  return withRetry(WORKER_RETRY, () => openBatch(config, parts, { engine }), {
    signal: parts.signal,
    onRetry(fault, _attempt, delayMs) {
      onWait(`waiting for ${fault.dependency}: ${messageOf(fault)}`);
      parts.log.warn({ because: messageOf(fault), next_try_ms: delayMs }, 'a dependency is away');
    },
  });
}
