/** The process of a speed worker: opens its parts, runs until told to stop, closes in reverse. */
import type { Config } from '../core/process/config.ts';
import type { Holdings } from './round.ts';
import type { Pace } from './worker.ts';
import { leastRetentionMs } from '../core/layout/topic-settings.ts';
import { messageOf, Retryable } from '../core/process/errors.ts';
import { stopSignal } from '../core/process/life.ts';
import { createLog } from '../core/process/log.ts';
import { createRegistry, serveMetrics } from '../core/process/metrics.ts';
import { announceTarget } from '../core/process/metrics-target.ts';
import { openLogConsumer } from '../core/stores/kafka/consumer.ts';
import { logProducer } from '../core/stores/kafka/producer.ts';
import { openStores } from '../core/stores/open.ts';
import { rowLifeNow } from '../core/stores/tables/first-met-families.ts';
import { stampGate } from '../core/stores/control/stamp-gate.ts';
import { countRows } from './count-rows.ts';
import { growthGate } from './growth.ts';
import { speedMetrics } from './metrics.ts';
import { partitionHooks } from './partitions.ts';
import { loggedHolds, stampsWaitFor } from './stamp-holds.ts';
import { logWatch, threatLog } from './watch.ts';
import { patience, runWorker } from './worker.ts';
import { inTime } from '../core/process/in-time.ts';

const WATCH_EVERY_MS = 15_000;
const TELL_EVERY_LOOKS = 20;
const CLOSE_LIMIT_MS = 10_000;
/** Two keep HBase and this process busy at once; more would only make smaller mutations. */
const LANES = 2;
/** Short, so that a worker soon says what it waits for; a step that missed its deadline is tried again for ever. */
const HBASE_DEADLINES = { callTimeoutMs: 5_000, operationTimeoutMs: 10_000 };

export async function runSpeedLayer(config: Config): Promise<void> {
  const signal = stopSignal();
  const log = createLog('speed', config.LOG_LEVEL);
  const topic = config.KAFKA_TOPIC;
  const holdings: Holdings = {
    progress: new Map(),
    counts: countRows(config.SPEED_CACHED_CELLS),
    held: new Map(),
    ahead: new Map(),
  };
  const closing: (() => Promise<void>)[] = [];
  let ends: () => ReadonlyMap<number, number> = () => new Map();
  const registry = createRegistry('speed');
  const metrics = speedMetrics(registry, { holdings, ends: () => ends() });
  const failure = new AbortController();
  const { persist, waitingFor } = patience(log, metrics.retried, AbortSignal.any([signal, failure.signal]));
  const aheadMs = config.BROKER_AHEAD_SECONDS * 1_000;
  let stage = 'opening HBase and Kafka';
  let kafkaIsAway: string | null = null;
  let growthWaitsFor = (): string | null => null;
  const notReady = (): string | null =>
    waitingFor() ??
    kafkaIsAway ??
    stampsWaitFor(holdings, aheadMs) ??
    (holdings.held.size > 0 ? growthWaitsFor() : null) ??
    (holdings.progress.size === 0 ? stage : null);
  try {
    const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, notReady);
    closing.push(() => server.close());
    const forgetTarget = announceTarget(config, 'speed', server.port);
    closing.push(async () => forgetTarget());
    log.info({ port: server.port }, 'metrics');

    const stores = await persist(() => openStores(config, { ...HBASE_DEADLINES, checksRowLife: true }));
    closing.push(() => stores.close());
    const { rules, admin } = stores;
    const control = metrics.timed('control', stores.control);
    const producer = metrics.timed('producer', logProducer(config));
    closing.push(() => producer.close());

    const options = {
      leastRetentionMs: leastRetentionMs(rules.epochSeconds, config.ARCHIVE_EVERY_SECONDS * 1_000),
      warn: threatLog(log, metrics.threats),
      now: Date.now,
    };
    const look = logWatch(topic, rules, admin, stores.control, holdings.progress, options);
    await persist(look);

    const tellRowLife = async (): Promise<void> => {
      const life = await rowLifeNow(stores.hbase, config.HBASE_NAMESPACE, admin, rules);
      if (life) metrics.firstMetSpare(life.spareSeconds);
    };
    const hooks = partitionHooks({ topic, rules, control, admin, persist }, holdings);
    const consumer = await persist(() => openLogConsumer(config, logged(hooks, log), (fault) => log.debug(fault)));
    closing.push(() => consumer.close());
    ends = consumer.ends;
    stage = 'no partition is held yet';

    const growth = growthGate({ rules, control, admin, producer, persist, now: Date.now });
    growthWaitsFor = growth.waitingFor;
    const stamps = stampGate({ control, logLife: rules.logLife, now: Date.now, aheadMs });
    const ports = {
      growth,
      stamps: loggedHolds(stamps, log, aheadMs),
      lanes: LANES,
      consumer,
      producer,
      control,
      detections: metrics.timed('detections', stores.detections),
      speedView: metrics.timed('speed_view', stores.speedView),
      metrics,
      persist,
      reached: () => undefined,
      watch: saying(andNowAndThen(look, tellRowLife), (away) => void (kafkaIsAway = away)),
    };
    await runWorker(ports, holdings, paceOf(config), signal, failure);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    await closeAll(closing.reverse(), log);
    log.info('stopped');
  }
}

/** The same look, which says what it waits for, or null. */
function saying(look: () => Promise<void>, said: (away: string | null) => void): () => Promise<void> {
  return async () => {
    try {
      await look();
      said(null);
    } catch (fault) {
      if (fault instanceof Retryable) said(`waiting for Kafka: ${fault.message}`);
      throw fault;
    }
  };
}

/** The same look; with every twentieth one something is told besides, which nobody waits for and which may fail. */
function andNowAndThen(look: () => Promise<void>, tell: () => Promise<void>): () => Promise<void> {
  let looks = 0;
  return async () => {
    if (looks++ % TELL_EVERY_LOOKS === 0) tell().catch(() => undefined);
    await look();
  };
}

function paceOf({ SPEED_LINGER_MS: lingerMs, SPEED_ROUND_RECORDS: roundRecords }: Config): Pace {
  return { lingerMs, roundRecords, watchEveryMs: WATCH_EVERY_MS };
}

/**
 * One part that cannot be closed, or does not close in time, must not keep the others open; why the worker ends is
 * told, not this.
 */
async function closeAll(closing: readonly (() => Promise<void>)[], log: ReturnType<typeof createLog>): Promise<void> {
  for (const close of closing) {
    const late = (): never => {
      throw new Error(`it did not close within ${CLOSE_LIMIT_MS / 1_000} s`);
    };
    await inTime(close(), CLOSE_LIMIT_MS, late).catch((fault: unknown) =>
      log.warn({ because: messageOf(fault) }, 'a part could not be closed'),
    );
  }
}

function logged(hooks: ReturnType<typeof partitionHooks>, log: ReturnType<typeof createLog>): typeof hooks {
  return {
    async assigned(partitions) {
      const starts = await hooks.assigned(partitions);
      log.info({ starts }, 'partitions came');
      return starts;
    },
    async revoked(partitions) {
      await hooks.revoked(partitions);
      log.info({ partitions }, 'partitions went');
    },
  };
}
