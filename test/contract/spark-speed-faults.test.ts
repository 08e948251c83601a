/**
 * The engine on Spark through what may happen to a log, on the real Kafka, HBase, HDFS and Spark (`npm run
 * test:spark`): the topic grows under load, a stamp comes from the future and is corrected, HBase is away for minutes,
 * a rebuild counts by other rules. A worker that reads the same log later writes the same rows and cells, and every
 * epoch is proved.
 *
 * A worker of another namespace must find the same growths and corrections: the facts that people and engines recorded
 * are copied to it before it reads.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { epochAt } from '../../core/domain/epoch.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import { openStores } from '../../core/stores/open.ts';
import { hbaseOf } from '../../core/stores/room/hbase-store.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { feed, openBatchOf } from '../support/batch-world.ts';
import { eventually, sightline } from '../support/main-job.ts';
import type { Engine } from '../support/spark-engine.ts';
import { startEngine } from '../support/spark-engine.ts';
import type { Side, Sides } from '../support/speed-sides.ts';
import {
  byAWorker,
  haveEqual,
  isReady,
  LIMIT_MS,
  MICROBATCH,
  openSides,
  readToEnd,
  REALTIME,
} from '../support/speed-sides.ts';
import { stampTopic } from '../support/topic-stamps.ts';

const [BEFORE, AFTER] = [3, 5];
const EPOCH_SECONDS = 20;
const AWAY_SECONDS = 40;
const AHEAD = 5;
/** What a worker of another namespace needs: how the topic grew, and corrections of stamps. */
const RECORDED = /^(growth|stamps)\//;

let sides: Sides;
/** What a rebuild made of them. */
const rebuilt: Side[] = [];
let nextId = 9_307_199_254_740_993n + BigInt(process.pid) * 1_000_000n;

const isAsked = process.env.SIGHTLINE_SPARK_MASTERS !== undefined;
function atLength(name: string, work: () => Promise<void>): void {
  if (isAsked) test(name, { timeout: 600_000 }, work);
}

if (isAsked) {
  before(async () => {
    sides = await openSides({ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '60' });
  });
  after(async () => {
    for (const { stores } of rebuilt) await stores.close();
    await sides.close();
  });
}

/** The worker's namespace gets what is recorded of the log in that of Spark. */
async function copyFacts(): Promise<void> {
  const { bySpark, byWorker } = sides;
  const everything = { start: Buffer.alloc(0), stop: Buffer.alloc(0), batchRows: 100 };
  for await (const rows of hbaseOf(bySpark.stores).scan(`${bySpark.config.HBASE_NAMESPACE}:control`, everything))
    for (const cells of rows.filter(([cell]) => RECORDED.test(cell!.row.toString())))
      await hbaseOf(byWorker.stores).put(`${byWorker.config.HBASE_NAMESPACE}:control`, [{ row: cells[0]!.row, cells }]);
}

async function equalToAWorker(): Promise<void> {
  await copyFacts();
  await byAWorker(sides.byWorker);
  await sides.bothToEnd();
  await sides.areEqual();
}

/** A command of an operator, on Spark's side. */
async function command(words: readonly string[], side: Side = sides.bySpark): Promise<string> {
  const { code, stdout, stderr } = await sightline(words, { ...side.environment, LOG_LEVEL: 'warn' });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function stopped(engine: Engine): Promise<void> {
  await readToEnd(sides.bySpark, engine);
  assert.equal(await engine.stop(), 0, engine.said());
}

atLength('a topic that grows under load is counted by its new count from the same record on', async () => {
  const engine = startEngine(MICROBATCH, sides.bySpark.environment);
  await isReady(engine);
  const load = await feed(sides.world.config);
  await pause(2_000);
  const grown = await command(['topic', 'grow', '--partitions', String(AFTER)]);
  assert.match(grown, new RegExp(`^${AFTER} partitions count from epoch`));
  await pause(3_000);
  await load.stop();
  await stopped(engine);
  assert.match(engine.said(), /the topic has 5 partitions now|have waited, and are read again/);
  const rows = await sides.bySpark.stores.control.progress(1, [BEFORE, AFTER - 1]);
  assert.ok(rows.every((row) => row!.tallies.new > 0));
  await equalToAWorker();
});

/** Detections whose home is this partition; `stamp` is the producer's. */
async function send(partition: number, count: number, stamp?: number): Promise<void> {
  const brokers = sides.world.config.KAFKA_BROKERS.split(',');
  const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer();
  await producer.connect();
  const messages: kafkajs.Message[] = [];
  while (messages.length < count) {
    const id = String(nextId++);
    if (homeOf(oid(id), AFTER) !== partition) continue;
    const value = `{"geographical_location_oid":1,"video_camera_oid":3,"detection_oid":${id},"item_name":"car","timestamp_detected":${Date.now()}}`;
    messages.push({ partition, key: id, value, ...(stamp === undefined ? {} : { timestamp: String(stamp) }) });
  }
  await producer.send({ topic: sides.world.config.KAFKA_TOPIC, acks: -1, messages });
  await producer.disconnect();
}

atLength('a stamp from the future holds one partition, and its correction lets it go on', async () => {
  const { config, stores, environment } = sides.bySpark;
  const [held, other] = [0, 1];
  const nextOf = async (partition: number): Promise<number> =>
    (await stores.control.progress(1, [partition]))[0]!.nextOffset;
  const [atHold, before_] = [await nextOf(held), await nextOf(other)];
  await stampTopic(config, 'producer');
  await send(held, AHEAD, Date.now() + 10 * DAY_MS);
  await stampTopic(config, 'log');
  for (const partition of [held, other]) await send(partition, 20);
  const engine = startEngine(REALTIME, environment);
  await eventually(
    'the other partition',
    () => nextOf(other),
    (next) => next >= before_ + 20,
    LIMIT_MS,
  );
  await eventually(
    'the reason',
    () => engine.ask('/readyz'),
    (said) => said.includes(`Partition ${held} is held before offset ${atHold}`),
    LIMIT_MS,
  );
  assert.equal(await nextOf(held), atHold);
  // Spark reads on meanwhile: what it brings of the partition is dropped, and is not lost.
  await send(held, 20);
  await pause(2_000);
  assert.match(await command(['topic', 'correct-stamps', '--partition', String(held)]), /^corrected offsets/);
  await stopped(engine);
  assert.ok((await nextOf(held)) >= atHold + AHEAD + 40);
  assert.match(engine.said(), /partitions 0 have waited, and are read again/);
  await equalToAWorker();
});

atLength('HBase is away for minutes: the engine waits, says so, and goes on by itself', async () => {
  const engine = startEngine(MICROBATCH, sides.bySpark.environment);
  await isReady(engine);
  const load = await feed(sides.world.config);
  await pause(2_000);
  const pid = pidOf(stackFrom(), 'regionserver')!;
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually(
      'a reason',
      () => engine.ask('/readyz'),
      (said) => said.startsWith('waiting for HBase'),
      LIMIT_MS,
    );
    await pause(AWAY_SECONDS * 1_000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // A region server that was forgotten ends; nobody but this test starts it again here.
  await eventually(
    'HBase',
    () => sightline(['cluster', 'up']),
    ({ code }) => code === 0,
    LIMIT_MS,
  );
  await isReady(engine);
  await load.stop();
  await stopped(engine);
  await equalToAWorker();
});

/** Publishes what is over up to `to`, or up to now. */
async function publish(side: Side, to?: Epoch): Promise<{ reports: RunReport[]; last: Epoch }> {
  const { context, close } = await openBatchOf(side.config);
  const last = to ?? ((epochAt(Date.now(), context.rules) - 1) as Epoch);
  try {
    return { reports: (await publishEpochs(context, { from: null, to: last })).reports, last };
  } finally {
    await close();
  }
}

atLength('every epoch is proved, and a rebuild counts by other rules, with the engine and with a worker', async () => {
  let engine = startEngine(REALTIME, sides.bySpark.environment);
  await isReady(engine);
  const some = await feed(sides.world.config);
  await pause(2 * EPOCH_SECONDS * 1_000);
  await some.stop();
  await pause(EPOCH_SECONDS * 1_000);
  const { reports, last } = await publish(sides.bySpark);
  assert.ok(reports.filter(({ rows }) => rows > 0).length >= 2);
  assert.deepEqual(
    reports.filter(({ result }) => result !== 'proved').map(({ epoch, result }) => [epoch, result]),
    [],
  );
  const worker = startEngine([], sides.byWorker.environment);
  await publish(sides.byWorker, last);
  assert.equal(await worker.stop(), 0, worker.said());

  const changed = { DEDUP_WINDOW_DAYS: '3' };
  const load = await feed(sides.world.config);
  const rebuilding = async (side: Side): Promise<Side> => {
    const environment = { ...side.environment, ...changed };
    const config = readConfig(environment);
    await command(['batch', 'rebuild', '--json', '--accept-differences'], { ...side, environment, config });
    const changedSide: Side = { environment, config, stores: await openStores(config) };
    rebuilt.push(changedSide);
    return changedSide;
  };
  const bySpark = await rebuilding(sides.bySpark);
  assert.equal(await engine.ended, 5, engine.said());
  assert.equal(bySpark.stores.rules.generation, 2);
  engine = startEngine(MICROBATCH, bySpark.environment);
  await isReady(engine);
  await pause(2_000);
  await load.stop();
  await readToEnd(bySpark, engine);
  assert.equal(await engine.stop(), 0, engine.said());
  const byWorker = await rebuilding(sides.byWorker);
  for (const side of [byWorker, bySpark, byWorker]) await byAWorker(side);
  // Up to when each side counted by the earlier rules is its own affair.
  await haveEqual(byWorker, bySpark, byWorker.stores.rules);
});
