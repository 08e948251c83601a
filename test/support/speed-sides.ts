/**
 * One topic and two namespaces: a worker counts into the one, the engine on Spark into the other, and both must hold
 * the same rows, cells, tallies and cuts.
 *
 * Tests of the engine open the sides and close them. A side that has sent strays home gives the other one records that
 * it has not read yet, so `bothToEnd` reads both to the end before `areEqual` compares them.
 */
import assert from 'node:assert/strict';
import kafkajs from 'kafkajs';
import { prepare } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { ensureStreaming } from '../../hadoop-compose/spark/streaming.ts';
import type { BatchWorld } from './batch-world.ts';
import { batchWorld } from './batch-world.ts';
import { eventually } from './main-job.ts';
import type { Engine } from './spark-engine.ts';
import { startEngine } from './spark-engine.ts';
import { sparkHome } from './spark-masters.ts';
import { speedState } from './speed-state.ts';

export const LIMIT_MS = 300_000;
export const MICROBATCH = ['--engine', 'spark', '--trigger', 'microbatch'];
export const REALTIME = ['--engine', 'spark', '--trigger', 'realtime'];

/** Drivers of these tests live for seconds: what optimises their code costs more than it brings. */
const SOON_STARTED = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/** A namespace, and who may count into it. */
export interface Side {
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly stores: Stores;
}

export interface Sides {
  readonly world: BatchWorld;
  readonly byWorker: Side;
  readonly bySpark: Side;
  /** A worker reads both sides to the end. */
  bothToEnd(): Promise<void>;
  areEqual(): Promise<void>;
  close(): Promise<void>;
}

export async function openSides(settings: Record<string, string> = {}): Promise<Sides> {
  const world = await batchWorld({ EPOCH_SECONDS: '86400', SPEED_LINGER_MS: '20', LOG_LEVEL: 'info', ...settings });
  const environment = {
    ...world.environment,
    HBASE_NAMESPACE: `${world.name}_spark`,
    SIGHTLINE_ROOT: `/sightline/${world.name}_spark`,
    KAFKA_GROUP: `${world.name}_spark`,
    KAFKA_DEAD_LETTER_TOPIC: `${world.name}_spark.dlq`,
    SPARK_HOME: process.env.SPARK_HOME ?? (await sparkHome()),
    JAVA_TOOL_OPTIONS: SOON_STARTED,
  };
  const config = readConfig(environment);
  await prepare(config, () => undefined, readPlaces());
  await ensureStreaming(config, { environment: process.env, say: () => undefined });
  const byWorker = { environment: world.environment, config: world.config, stores: await openStores(world.config) };
  const bySpark = { environment, config, stores: await openStores(config) };
  return {
    world,
    byWorker,
    bySpark,
    async bothToEnd() {
      // Strays that one side sends home are news for the other; after a growth some travel more than once.
      do {
        await byAWorker(byWorker);
        await byAWorker(bySpark);
      } while ((await recordsBehind(byWorker)) > 0);
    },
    areEqual: () => haveEqual(byWorker, bySpark),
    async close() {
      for (const { stores } of [byWorker, bySpark]) await stores.close();
      await world.dropBeside(config);
      const brokers = config.KAFKA_BROKERS.split(',');
      const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.deleteTopics({ topics: [config.KAFKA_DEAD_LETTER_TOPIC] });
      await admin.disconnect();
      await world.drop();
    },
  };
}

/** `only`: the rules of the generation that is compared; undefined: all. */
export async function haveEqual(byWorker: Side, bySpark: Side, only?: Rules): Promise<void> {
  const worker = await speedState(byWorker.stores, byWorker.config, only);
  const spark = await speedState(bySpark.stores, bySpark.config, only);
  for (const part of ['progress', 'detections', 'counts', 'listed'] as const) {
    assert.ok(worker[part].length > 0, part);
    assert.deepEqual(spark[part], worker[part], part);
  }
}

/** Waits until the progress is at the end of the log, markers of transactions and strays that came home included. */
export async function readToEnd(side: Side, engine: Engine): Promise<void> {
  const behind = () => recordsBehind(side);
  const reading = eventually('progress at the end of the log', behind, (records) => records === 0, LIMIT_MS);
  const fault = await Promise.race([
    reading.then(() => null, String),
    engine.ended.then((code) => `the engine ended with ${code}`),
  ]);
  if (fault !== null) throw new Error(`${fault}; it said:\n${engine.said().slice(-4_000)}`);
}

async function recordsBehind({ stores }: Side): Promise<number> {
  const ends = await stores.admin.ends();
  const partitions = ends.map(({ partition }) => partition);
  const all = await stores.control.progress(stores.rules.generation, partitions);
  return ends.reduce((sum, { high }, i) => sum + high - (all[i]?.nextOffset ?? 0), 0);
}

/** A worker counts what the log holds now. */
export async function byAWorker(side: Side): Promise<void> {
  const worker = startEngine([], side.environment);
  await isReady(worker);
  await readToEnd(side, worker);
  assert.equal(await worker.stop(), 0, worker.said());
}

export async function isReady(engine: Engine): Promise<void> {
  const ready = eventually(
    'a ready engine',
    () => engine.ask('/readyz'),
    (said) => said.trim() === 'ready',
    LIMIT_MS,
  );
  const fault = await Promise.race([
    ready.then(() => null, String),
    engine.ended.then((code) => `the engine ended with ${code}`),
  ]);
  if (fault !== null) throw new Error(`${fault}; it said:\n${engine.said().slice(-4_000)}`);
}
