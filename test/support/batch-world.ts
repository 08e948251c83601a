/**
 * A lake of a test's own on the stack of the environment: topic, namespace and folder with a random name, and a feed of
 * records.
 *
 * The feed sends what producers send: detections at home, copies, strays without a home, and poison, and remembers
 * every id. Ids lie beyond 2^53. `drop` removes everything.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import type { Oid } from '../../core/domain/oid.ts';
import type { Config } from '../../core/process/config.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { BatchContext } from '../../batch-layer/context.ts';
import { homeOf } from '../../core/domain/home.ts';
import { readConfig } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import type { OpenOptions } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { dropTables } from './store-tables.ts';
import { batchMetrics } from '../../batch-layer/metrics.ts';
import { openBatch } from '../../batch-layer/commands/open.ts';
import { SILENT } from '../../batch-layer/progress-line.ts';
import { createServing } from '../../serving/app/app.ts';
import type { Serving } from '../../serving/app/app.ts';
import { servingMetrics } from '../../serving/metrics.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import { OPEN_GATE } from './open-gate.ts';

export interface BatchWorld {
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
  drop(): Promise<void>;
  /** The namespace and the folder of a second configuration over the same topic. */
  dropBeside(config: Config): Promise<void>;
}

/** `prepareWith`: makes the topic, the tables and the folders; this program, if it is left out. */
export async function batchWorld(
  settings: Record<string, string>,
  prepareWith?: (environment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<BatchWorld> {
  const name = `contract_${randomBytes(4).toString('hex')}`;
  const home = await mkdtemp(join(tmpdir(), 'sightline-batch-'));
  const environment = {
    ...process.env,
    KAFKA_TOPIC: name,
    KAFKA_GROUP: name,
    KAFKA_PARTITIONS: '3',
    HBASE_NAMESPACE: name,
    HBASE_REGIONS: '1',
    SIGHTLINE_ROOT: `/sightline/${name}`,
    SIGHTLINE_HOME: home,
    BATCH_MEMORY_MB: '512',
    LOG_LEVEL: 'silent',
    ...settings,
  };
  const config = readConfig(environment);
  await (prepareWith?.(environment) ?? prepare(config, () => undefined, readPlaces()));
  return {
    name,
    environment,
    config,
    dropBeside: dropStores,
    async drop() {
      await dropStores(config);
      const admin = kafkaOf(config).admin();
      await admin.deleteTopics({ topics: [name, `${name}.dlq`] });
      await admin.disconnect();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function dropStores(config: Config): Promise<void> {
  await dropTables(config);
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
}

export function openBatchOf(
  config: Config,
  mayCrashAt: BatchContext['mayCrashAt'] = () => undefined,
): Promise<OpenBatch> {
  return openBatch(config, {
    log: createLog('test', 'silent'),
    progressLine: SILENT,
    metrics: batchMetrics(new Registry()),
    signal: new AbortController().signal,
    mayCrashAt,
  });
}

/**
 * The serving code over the same stores, which reads a new snapshot for every question. `options`: how it opens
 * them.
 */
export function servingOf(config: Config, options: OpenOptions = {}): Serving {
  return createServing({
    config,
    open: () => openStores(config, options),
    hdfs: hdfs(config),
    gate: OPEN_GATE,
    metrics: servingMetrics(),
    log: createLog('test', 'silent'),
    now: Date.now,
    snapshotFreshForMs: 0,
  });
}

export function kafkaOf(config: Config): kafkajs.Kafka {
  return new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
}

export interface Feed {
  /** Every id that was sent and acknowledged. */
  readonly ids: Set<string>;
  /** How many of them were detected in each minute. */
  readonly minutes: Map<number, number>;
  /** Records that were acknowledged. */
  records: number;
  stop(): Promise<void>;
}

const USUAL_PER_SECOND = 300;
const PAUSE_MS = 200;
const MESSAGES_AT_ONCE = 2_000;

/** Sends a batch every 200 ms until it is stopped; `behindMs`: how long ago the detections were. */
export async function feed(config: Config, { behindMs = 0, perSecond = USUAL_PER_SECOND } = {}): Promise<Feed> {
  const producer = kafkaOf(config).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const made: Feed = { ids: new Set(), minutes: new Map(), records: 0, stop: async () => undefined };
  let next = 9_007_199_254_740_993n + BigInt(randomBytes(4).readUInt32BE());
  let isStopped = false;
  const send = async (): Promise<void> => {
    for (let due = Date.now(); !isStopped; due = Math.max(due + PAUSE_MS, Date.now() - PAUSE_MS)) {
      await pause(Math.max(0, due - Date.now()));
      const ids = Array.from({ length: (perSecond * PAUSE_MS) / 1_000 }, () => next++);
      const now = Date.now() - behindMs;
      const messages = ids.flatMap((id, at) => messagesOf(id, at, config.KAFKA_PARTITIONS, now));
      for (let from = 0; from < messages.length; from += MESSAGES_AT_ONCE) {
        const some = messages.slice(from, from + MESSAGES_AT_ONCE);
        await producer.send({ topic: config.KAFKA_TOPIC, acks: -1, messages: some });
      }
      for (const id of ids) made.ids.add(String(id));
      const minute = now - (now % 60_000);
      made.minutes.set(minute, (made.minutes.get(minute) ?? 0) + ids.length);
      made.records += messages.length;
    }
  };
  const sending = send();
  made.stop = async () => {
    isStopped = true;
    await sending;
    await producer.disconnect();
  };
  return made;
}

const ITEMS = ['bicycle', 'van', 'dog, "small"', 'café'];
/** Not in dataset B. */
export const UNKNOWN_PLACE = 404_404;

function messagesOf(id: bigint, at: number, partitions: number, detectedAt: number): kafkajs.Message[] {
  const home = homeOf(String(id) as Oid, partitions);
  const item = JSON.stringify(ITEMS[at % ITEMS.length]);
  const place = at % 8 === 0 ? UNKNOWN_PLACE : at % 8;
  const value = `{"geographical_location_oid":${place},"video_camera_oid":3,"detection_oid":${id},"item_name":${item},"timestamp_detected":${detectedAt}}`;
  const atHome = { partition: home, key: String(id), value };
  const away = { partition: (home + 1) % partitions, key: null, value };
  if (at % 10 === 0) return [away];
  if (at % 10 === 1) return [atHome, atHome, away];
  return at === 7 ? [atHome, { partition: home, key: null, value: 'poison' }] : [atHome];
}
