/**
 * The parts of the speed layer that both engines share: what a process remembers, its metrics and readiness, and the
 * ports of its rounds.
 *
 * main.ts opens them for a worker that reads the log itself, spark/executor.ts for a process that Spark feeds. The two
 * differ in where records come from, and in who shows the metrics. Every step waits for as long as its dependency is
 * away (`patience`).
 */
import type { Registry } from 'prom-client';
import type { Config } from '../core/process/config.ts';
import type { Log } from '../core/process/log.ts';
import type { GroupHooks, LogConsumer } from '../core/stores/kafka/types.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import type { Stores } from '../core/stores/open.ts';
import type { SpeedMetrics } from './metrics.ts';
import type { OpenParts } from './open-parts.ts';
import type { Readiness } from './readiness.ts';
import type { Holdings } from './round-ports.ts';
import type { Pace, Patience, WorkerPorts } from './worker.ts';
import { leastRetentionMs } from '../core/layout/topic-settings.ts';
import { storeNameOf } from '../core/process/store-settings.ts';
import { createRegistry } from '../core/process/metrics.ts';
import { stampGate } from '../core/stores/control/stamp-gate.ts';
import { logProducer } from '../core/stores/kafka/producer.ts';
import { rowLifeNow } from '../core/stores/tables/first-met-sets.ts';
import { countRows } from './count-rows.ts';
import { growthGate } from './growth.ts';
import { speedMetrics } from './metrics.ts';
import { partitionHooks } from './partitions.ts';
import { workerReadiness } from './readiness.ts';
import { logHolds, stampsWaitFor } from './stamp-holds.ts';
import { logWatch, threatLog } from './watch.ts';
import { patience } from './worker.ts';

const WATCH_EVERY_MS = 15_000;
const MEASURE_ROW_LIFE_EVERY_LOOKS = 20;
/** Two keep HBase and this process busy at once; more would only make smaller mutations. */
const LANES = 2;
/** Short, so that a process soon says what it waits for; it repeats a step that missed its deadline for ever. */
export const HBASE_DEADLINES = { callTimeoutMs: 5_000, operationTimeoutMs: 10_000 };

/** What a process of the speed layer has before it knows HBase and Kafka. */
export interface Worker extends Pick<Patience, 'persist'> {
  readonly log: Log;
  readonly parts: OpenParts;
  readonly holdings: Holdings;
  readonly registry: Registry;
  readonly metrics: SpeedMetrics;
  readonly readiness: Readiness;
  /** How far ahead of this clock a stamp may be. */
  readonly aheadMs: number;
}

export function openWorker(config: Config, log: Log, parts: OpenParts, signal: AbortSignal): Worker {
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
  readiness.begin(`opening ${storeNameOf(config)} and Kafka`);
  readiness.add(waitingFor);
  readiness.add(() => stampsWaitFor(holdings, aheadMs));
  return { log, parts, holdings, registry, metrics, readiness, persist, aheadMs };
}

/** Where the records come from. */
export interface RecordSource {
  open(hooks: GroupHooks): Promise<LogConsumer>;
  /** Whose ranges in the log this process watches. */
  readonly watched: ReadonlyMap<number, Progress>;
}

export async function openLayer(
  config: Config,
  worker: Worker,
  stores: Stores,
  source: RecordSource,
): Promise<WorkerPorts> {
  const { log, parts, holdings, metrics, readiness, persist, aheadMs } = worker;
  const { rules, admin } = stores;
  const now = Date.now;
  const control = metrics.timed('control', stores.control);
  const producer = metrics.timed('producer', parts.add(logProducer(config)));

  const watch = watchOf(config, worker, stores, source.watched);
  readiness.add(watch.waitingFor);
  await persist(watch.look);

  const { certainty } = stores.store;
  const hooks = partitionHooks({ topic: config.KAFKA_TOPIC, rules, control, admin, persist, certainty }, holdings);
  const consumer = parts.add(await persist(() => source.open(hooks)));
  metrics.measureLag(consumer.ends);
  readiness.begin('no partition is held yet');

  const growth = growthGate({ rules, control, admin, producer, persist, now });
  readiness.add(() => (holdings.held.size > 0 ? growth.waitingFor() : null));
  const stamps = logHolds(stampGate({ control, logLife: rules.logLife, now, aheadMs }), log, aheadMs);
  return {
    certainty,
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
    watch: watch.look,
  };
}

export interface LayerWatch {
  look(): Promise<void>;
  waitingFor(): string | null;
}

/** Watches the log; from time to time also measures how long first-met rows live. */
export function watchOf(
  config: Config,
  { log, metrics }: Pick<Worker, 'log' | 'metrics'>,
  { rules, admin, control, store }: Pick<Stores, 'rules' | 'admin' | 'control' | 'store'>,
  progress: ReadonlyMap<number, Progress>,
): LayerWatch {
  const watch = logWatch({
    topic: config.KAFKA_TOPIC,
    rules,
    admin,
    control,
    progress,
    leastRetentionMs: leastRetentionMs(rules.epochSeconds, config.ARCHIVE_EVERY_SECONDS * 1_000),
    warn: threatLog(log, metrics.threats),
    now: Date.now,
  });
  const firstMetSets = store.firstMetSets(admin);
  const measureRowLife = async (): Promise<void> => {
    const life = await rowLifeNow(firstMetSets, admin, rules);
    if (life) metrics.firstMetSpare(life.spareSeconds);
  };
  return { look: withEveryTwentieth(watch.look, measureRowLife), waitingFor: watch.waitingFor };
}

export function paceOf({ SPEED_LINGER_MS: lingerMs, SPEED_ROUND_RECORDS: roundRecords }: Config): Pace {
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
