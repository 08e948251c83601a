/**
 * The process of a speed worker: opens the stores and the layer, runs until told to stop, closes in reverse.
 *
 * The metrics server comes first, so that /readyz says what a start waits for. Every step waits for as long as its
 * dependency is away (`patience`); what cannot pass is thrown.
 */
import type { Config } from '../core/process/config.ts';
import type { Log } from '../core/process/log.ts';
import type { Stores } from '../core/stores/open.ts';
import type { SpeedMetrics } from './metrics.ts';
import type { OpenParts } from './open-parts.ts';
import type { Readiness } from './readiness.ts';
import type { Holdings } from './round-ports.ts';
import type { Pace, Patience, WorkerPorts } from './worker.ts';
import { leastRetentionMs } from '../core/layout/topic-settings.ts';
import { stopSignal } from '../core/process/life.ts';
import { createLog } from '../core/process/log.ts';
import { announceTarget } from '../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../core/process/metrics.ts';
import { stampGate } from '../core/stores/control/stamp-gate.ts';
import { openLogConsumer } from '../core/stores/kafka/consumer.ts';
import { logProducer } from '../core/stores/kafka/producer.ts';
import { openStores } from '../core/stores/open.ts';
import { rowLifeNow } from '../core/stores/tables/first-met-families.ts';
import { countRows } from './count-rows.ts';
import { growthGate } from './growth.ts';
import { speedMetrics } from './metrics.ts';
import { openParts } from './open-parts.ts';
import { logHooks, partitionHooks } from './partitions.ts';
import { workerReadiness } from './readiness.ts';
import { logHolds, stampsWaitFor } from './stamp-holds.ts';
import { logWatch, threatLog } from './watch.ts';
import { patience, runWorker } from './worker.ts';

const WATCH_EVERY_MS = 15_000;
const MEASURE_ROW_LIFE_EVERY_LOOKS = 20;
/** Two keep HBase and this process busy at once; more would only make smaller mutations. */
const LANES = 2;
/** Short, so that a worker soon says what it waits for; it repeats a step that missed its deadline for ever. */
const HBASE_DEADLINES = { callTimeoutMs: 5_000, operationTimeoutMs: 10_000 };

export async function runSpeedLayer(config: Config): Promise<void> {
  const signal = stopSignal();
  const failure = new AbortController();
  const log = createLog('speed', config.LOG_LEVEL);
  const parts = openParts(log);
  try {
    const worker = await openWorker(config, log, parts, AbortSignal.any([signal, failure.signal]));
    const stores = parts.add(
      await worker.persist(() => openStores(config, { ...HBASE_DEADLINES, checksRowLife: true })),
    );
    const ports = await openLayer(config, worker, stores);
    await runWorker(ports, { holdings: worker.holdings, pace: paceOf(config), signal, failure });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    await parts.closeAll();
    log.info('stopped');
  }
}

/** What a worker has before it knows HBase and Kafka. */
interface Worker extends Pick<Patience, 'persist'> {
  readonly log: Log;
  readonly parts: OpenParts;
  readonly holdings: Holdings;
  readonly metrics: SpeedMetrics;
  readonly readiness: Readiness;
  /** How far ahead of this clock a stamp may be. */
  readonly aheadMs: number;
}

async function openWorker(config: Config, log: Log, parts: OpenParts, signal: AbortSignal): Promise<Worker> {
  const holdings: Holdings = {
    progress: new Map(),
    counts: countRows(config.SPEED_CACHED_CELLS),
    held: new Map(),
    ahead: new Map(),
  };
  const registry = createRegistry('speed');
  const metrics = speedMetrics(registry, holdings);
  const { persist, waitingFor } = patience(log, metrics.retried, signal);
  const aheadMs = config.BROKER_AHEAD_SECONDS * 1_000;
  const readiness = workerReadiness(holdings);
  readiness.begin('opening HBase and Kafka');
  readiness.add(waitingFor);
  readiness.add(() => stampsWaitFor(holdings, aheadMs));
  const address = { host: config.BIND, port: config.METRICS_PORT };
  const server = parts.add(await serveMetrics(registry, address, readiness.reason));
  const forgetTarget = announceTarget(config, 'speed', server.port);
  parts.add({ close: async () => forgetTarget() });
  log.info({ port: server.port }, 'metrics');
  return { log, parts, holdings, metrics, readiness, persist, aheadMs };
}

async function openLayer(config: Config, worker: Worker, stores: Stores): Promise<WorkerPorts> {
  const { log, parts, holdings, metrics, readiness, persist, aheadMs } = worker;
  const { rules, admin } = stores;
  const topic = config.KAFKA_TOPIC;
  const now = Date.now;
  const control = metrics.timed('control', stores.control);
  const producer = metrics.timed('producer', parts.add(logProducer(config)));

  const watch = logWatch({
    topic,
    rules,
    admin,
    control: stores.control,
    progress: holdings.progress,
    leastRetentionMs: leastRetentionMs(rules.epochSeconds, config.ARCHIVE_EVERY_SECONDS * 1_000),
    warn: threatLog(log, metrics.threats),
    now,
  });
  readiness.add(watch.waitingFor);
  await persist(watch.look);

  const hooks = logHooks(partitionHooks({ topic, rules, control, admin, persist }, holdings), log);
  const consumer = parts.add(await persist(() => openLogConsumer(config, hooks, (fault) => log.debug(fault))));
  metrics.measureLag(consumer.ends);
  readiness.begin('no partition is held yet');

  const measureRowLife = async (): Promise<void> => {
    const life = await rowLifeNow(stores.hbase, config.HBASE_NAMESPACE, admin, rules);
    if (life) metrics.firstMetSpare(life.spareSeconds);
  };
  const growth = growthGate({ rules, control, admin, producer, persist, now });
  readiness.add(() => (holdings.held.size > 0 ? growth.waitingFor() : null));
  const stamps = logHolds(stampGate({ control, logLife: rules.logLife, now, aheadMs }), log, aheadMs);
  return {
    growth,
    stamps,
    lanes: LANES,
    consumer,
    producer,
    control,
    detections: metrics.timed('detections', stores.detections),
    speedView: metrics.timed('speed_view', stores.speedView),
    metrics,
    persist,
    reached: () => undefined,
    watch: withEveryTwentieth(watch.look, measureRowLife),
  };
}

function paceOf({ SPEED_LINGER_MS: lingerMs, SPEED_ROUND_RECORDS: roundRecords }: Config): Pace {
  return { lingerMs, roundRecords, watchEveryMs: WATCH_EVERY_MS };
}

/** The same look. Every twentieth look also starts a measurement, which may fail and which nobody waits for. */
function withEveryTwentieth(look: () => Promise<void>, measure: () => Promise<void>): () => Promise<void> {
  let looks = 0;
  return async () => {
    if (looks++ % MEASURE_ROW_LIFE_EVERY_LOOKS === 0) measure().catch(() => undefined);
    await look();
  };
}
