/**
 * The engine on Spark against a worker, on the real Kafka, HBase and Spark: one topic with every fate, two namespaces,
 * and the same rows, cells, tallies and cuts in both (laws L1 to L7), also after kills and when the engines follow each
 * other.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { prepare } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import { DEAD_LETTER_REASONS } from '../../core/domain/dead-letters.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import { streamingFolder } from '../../core/process/spark-home.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { ensureStreaming } from '../../hadoop-compose/spark/streaming.ts';
import { batchWorld, feed } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import type { FatesFeed } from '../support/fates-feed.ts';
import { feedFates } from '../support/fates-feed.ts';
import { examplesOf, withReplaced } from '../support/doc-examples.ts';
import { eventually } from '../support/main-job.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import { startEngine } from '../support/spark-engine.ts';
import type { Engine } from '../support/spark-engine.ts';
import { sparkHome } from '../support/spark-masters.ts';
import { speedState } from '../support/speed-state.ts';

const SPARK_PAGE = new URL('../../docs/spark.md', import.meta.url);
const LIMIT_MS = 150_000;
/** `npm test` compares the two once; kills and changes of the engine take minutes, and are in `npm run test:spark`. */
function atLength(name: string, work: () => Promise<void>): void {
  if (process.env.SIGHTLINE_SPARK_MASTERS !== undefined) test(name, { timeout: 360_000 }, work);
}

const MICROBATCH = ['--engine', 'spark', '--trigger', 'microbatch'];
const REALTIME = ['--engine', 'spark', '--trigger', 'realtime'];

/** A namespace, and who may count into it. */
interface Side {
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly stores: Stores;
}

let world: BatchWorld;
let byWorker: Side;
let bySpark: Side;
let fed: FatesFeed;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '86400', SPEED_LINGER_MS: '20', LOG_LEVEL: 'info' });
  const environment = {
    ...world.environment,
    HBASE_NAMESPACE: `${world.name}_spark`,
    SIGHTLINE_ROOT: `/sightline/${world.name}_spark`,
    KAFKA_GROUP: `${world.name}_spark`,
    KAFKA_DEAD_LETTER_TOPIC: `${world.name}_spark.dlq`,
    SPARK_HOME: process.env.SPARK_HOME ?? (await sparkHome()),
  };
  const config = readConfig(environment);
  await prepare(config, () => undefined, readPlaces());
  await ensureStreaming(config, { environment: process.env, say: () => undefined });
  byWorker = { environment: world.environment, config: world.config, stores: await openStores(world.config) };
  bySpark = { environment, config, stores: await openStores(config) };
  fed = await feedFates(world.config);
});

after(async () => {
  for (const { stores } of [byWorker, bySpark]) await stores.close();
  await world.dropBeside(bySpark.config);
  const brokers = world.config.KAFKA_BROKERS.split(',');
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.deleteTopics({ topics: [bySpark.config.KAFKA_DEAD_LETTER_TOPIC] });
  await admin.disconnect();
  await world.drop();
});

/** Waits until the progress is at the end of the log, markers of transactions and strays that came home included. */
async function readToEnd({ stores }: Side, engine: Engine): Promise<void> {
  const behind = async (): Promise<number> => {
    const ends = await stores.admin.ends();
    const partitions = ends.map(({ partition }) => partition);
    const all = await stores.control.progress(stores.rules.generation, partitions);
    return ends.reduce((sum, { high }, i) => sum + high - (all[i]?.nextOffset ?? 0), 0);
  };
  const reading = eventually('progress at the end of the log', behind, (records) => records === 0, LIMIT_MS);
  const fault = await Promise.race([
    reading.then(() => null, String),
    engine.ended.then((code) => `the engine ended with ${code}`),
  ]);
  if (fault !== null) throw new Error(`${fault}; it said:\n${engine.said().slice(-4_000)}`);
}

/** A worker counts what the log holds now. */
async function byAWorker(side: Side): Promise<void> {
  const worker = startEngine([], side.environment);
  await isReady(worker);
  await readToEnd(side, worker);
  assert.equal(await worker.stop(), 0, worker.said());
}

async function isReady(engine: Engine): Promise<void> {
  await eventually(
    'a ready engine',
    () => engine.ask('/readyz'),
    (said) => said.trim() === 'ready',
    LIMIT_MS,
  );
}

/** What the worker's side sends home is read by the other side too; nothing is sent home after that. */
async function bothToEnd(): Promise<void> {
  await byAWorker(byWorker);
  await byAWorker(bySpark);
}

/** Both namespaces hold the same effects of the same log. */
async function areEqual(): Promise<void> {
  const [worker, spark] = [
    await speedState(byWorker.stores, byWorker.config),
    await speedState(bySpark.stores, bySpark.config),
  ];
  for (const part of ['progress', 'detections', 'counts', 'listed'] as const) {
    assert.ok(worker[part].length > 0, part);
    assert.deepEqual(spark[part], worker[part], part);
  }
}

test('micro-batches write the rows, cells, tallies and cuts of a worker', { timeout: 300_000 }, async () => {
  await byAWorker(byWorker);
  const engine = startEngine(MICROBATCH, bySpark.environment);
  await readToEnd(bySpark, engine);
  assert.equal((await engine.ask('/readyz')).trim(), 'ready');
  // The process that decides reports once a second, and the supervisor looks at the log's ends now and then.
  for (const line of [
    /^sightline_speed_records_total\{outcome="new",process="speed"\} [1-9]/m,
    /^sightline_speed_lag_records\{partition="0",process="speed"\} 0$/m,
  ])
    await eventually(
      String(line),
      () => engine.ask('/metrics'),
      (metrics) => line.test(metrics),
      LIMIT_MS,
    );
  assert.equal(await engine.stop(), 0, engine.said());
  assert.deepEqual(engine.deciders(), []);
  // Spark's side has sent the strays home once more, and the worker's has not read that yet.
  await byAWorker(byWorker);
  await areEqual();
  const { stores } = bySpark;
  const rows = await stores.control.progress(stores.rules.generation, [0, 1, 2]);
  const all = rows.map((row) => row!.tallies).reduce(addTallies, NO_TALLIES);
  assert.deepEqual(Object.keys(all.dead_letters_by_reason).sort(), Object.keys(DEAD_LETTER_REASONS).sort());
  assert.ok(all.ticks > 0 && all.strays > 0 && all.copies > 0 && all.deferred >= fed.deferred);
});

atLength('the query of docs/spark.md over the topic counts the same ids', async () => {
  const [, example] = examplesOf(SPARK_PAGE, '## The same question in plain Spark', 'python');
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic } = world.config;
  const { SPARK_HOME: home } = bySpark.config;
  const asked = withReplaced(example!, {
    '.sightline/spark-streaming': streamingFolder(bySpark.config),
    '127.0.0.1:9092': brokers,
    '"detections"': JSON.stringify(topic),
  });
  const answer = 'import json\nprint(json.dumps({row.item_name: row.n for row in items}))\nspark.stop()\n';
  const python = join(dirname(await ensureSpark()), 'python');
  const environment = { ...process.env, SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1' };
  const path = `${dirname(python)}:${process.env.PATH ?? ''}`;
  const items = await pythonAnswer<Record<string, number>>(python, asked + answer, {
    env: { ...environment, PATH: path },
  });
  const ofBicycles = (await speedState(bySpark.stores, bySpark.config)).detections.filter((row) =>
    row.endsWith(Buffer.from('自転車').toString('hex')),
  );
  assert.ok(ofBicycles.length > 0);
  assert.equal(items['自転車'], ofBicycles.length);
});

atLength('nothing is lost and nothing counts twice when the parts of a real-time query die', async () => {
  const load = await feed(world.config);
  let engine = startEngine(REALTIME, bySpark.environment);
  await eventually(
    'a process that decides',
    async () => engine.deciders(),
    (pids) => pids.length === 1,
    LIMIT_MS,
  );
  await pause(2_000);
  const [first] = engine.deciders();
  process.kill(first!, 'SIGKILL');
  await eventually(
    'another one',
    async () => engine.deciders(),
    (pids) => pids.length === 1 && pids[0] !== first,
    LIMIT_MS,
  );
  await pause(2_000);
  await engine.kill();
  engine = startEngine(REALTIME, bySpark.environment);
  await isReady(engine);
  await pause(1_000);
  await load.stop();
  await readToEnd(bySpark, engine);
  assert.equal(await engine.stop(), 0, engine.said());
  await bothToEnd();
  await areEqual();
});

atLength('a worker takes over from Spark and Spark from a worker, with load running', async () => {
  const load = await feed(world.config);
  const worker = startEngine([], bySpark.environment);
  await isReady(worker);
  const refused = startEngine(MICROBATCH, bySpark.environment);
  assert.equal(await refused.ended, 5, refused.said());
  assert.match(refused.said(), /has other members.*Stop the others/s);
  assert.equal(await worker.stop(), 0);

  const engine = startEngine(MICROBATCH, bySpark.environment);
  await isReady(engine);
  await pause(2_000);
  const next = startEngine([], bySpark.environment);
  assert.equal(await engine.ended, 5, engine.said());
  assert.match(engine.said(), /has other members/);
  await load.stop();
  await readToEnd(bySpark, next);
  assert.equal(await next.stop(), 0);
  await bothToEnd();
  await areEqual();
});
