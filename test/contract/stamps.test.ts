/**
 * A broker whose clock ran ahead by ten days, on the real Kafka, HBase and HDFS (law L5): one partition is held by the
 * speed layer, the archive and a run, all say so, a correction is recorded by command, and both layers agree on every
 * record.
 *
 * Kafka stamps by the broker's clock. So the future is written with the producer's stamps (CreateTime), and the topic
 * set back to LogAppendTime before any reader begins. The topic, group, namespace and folder are the test's own.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { EXIT } from '../../core/process/errors.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import { StampsAhead } from '../../batch-layer/archive/held-partitions.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../batch-layer/run/reprocess.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { epochAt } from '../../core/domain/epoch.ts';
import { getReadiness } from '../../serving/http/health.ts';
import { army } from '../faults/army.ts';
import type { Army } from '../faults/army.ts';
import { caughtUp } from '../faults/exactness.ts';
import { batchWorld, openBatchOf, servingOf } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { eventually, ROOT } from '../support/main-job.ts';
import { epochStartOf } from '../../batch-layer/epochs/epoch-start.ts';

const EPOCH_SECONDS = 30;
const PARTITIONS = 2;
const [HELD, OTHER] = [0, 1];
const BEFORE = 40;
const AHEAD = 5;
const AHEAD_MS = 10 * 86_400_000;
/** Kafka 4 refuses a producer's stamp that is more than an hour ahead unless it is told otherwise. */
const FROM_PRODUCER = {
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.after.max.ms': '9223372036854775807',
};

let world: BatchWorld;
let stores: Stores;
let workers: Army;
let kafka: kafkajs.Kafka;
let nextId = 9_207_199_254_740_993n + BigInt(process.pid) * 1_000_000n;
let sent = 0;

before(async () => {
  world = await batchWorld({
    EPOCH_SECONDS: String(EPOCH_SECONDS),
    KAFKA_PARTITIONS: String(PARTITIONS),
    LOG_LEVEL: 'info',
    SPEED_WAIT_SECONDS: '60',
  });
  kafka = new kafkajs.Kafka({ brokers: world.config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  stores = await openStores(world.config);
  for (const partition of [HELD, OTHER]) await send(partition, BEFORE);
  await configure(FROM_PRODUCER);
  await send(HELD, AHEAD, Date.now() + AHEAD_MS);
  await configure({});
  for (const partition of [HELD, OTHER]) await send(partition, BEFORE);
  workers = army(1, world.environment);
});

after(async () => {
  await workers.stop();
  await stores.close();
  await world.drop();
});

/** What was set when the topic was made, and this. */
async function configure(changes: Readonly<Record<string, string>>): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: world.config.KAFKA_TOPIC };
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  const set = resources[0]!.configEntries.filter(
    ({ isDefault, configName }) => !isDefault && configName !== 'message.timestamp.after.max.ms',
  );
  const entries = new Map(set.map(({ configName, configValue }) => [configName, configValue]));
  entries.set('message.timestamp.type', 'LogAppendTime');
  for (const [name, value] of Object.entries(changes)) entries.set(name, value);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [...entries].map(([name, value]) => ({ name, value })) }],
  });
  await admin.disconnect();
}

/** Detections at home, seen now; `stamp` is the producer's. */
async function send(partition: number, count: number, stamp?: number): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages: kafkajs.Message[] = [];
  while (messages.length < count) {
    const id = String(nextId++);
    if (homeOf(oid(id), PARTITIONS) !== partition) continue;
    const value = `{"geographical_location_oid":1,"video_camera_oid":3,"detection_oid":${id},"item_name":"car","timestamp_detected":${Date.now()}}`;
    messages.push({ partition, key: id, value, ...(stamp === undefined ? {} : { timestamp: String(stamp) }) });
  }
  await producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages });
  await producer.disconnect();
  sent += count;
}

function sightline(...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const child = spawn(process.execPath, ['sightline.mjs', ...args], {
    cwd: ROOT,
    env: { ...world.environment, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, out, said })));
}

const progressOf = async (partition: number): Promise<number> =>
  (await stores.control.progress(1, [partition]))[0]?.nextOffset ?? 0;
const askWorker = async (path: string): Promise<string> => (await fetch(`${workers.one().metrics}${path}`)).text();

test('the speed layer holds the one partition and reads the other', { timeout: 240_000 }, async () => {
  await eventually(
    'the other partition',
    () => progressOf(OTHER),
    (next) => next === 2 * BEFORE,
    120_000,
  );
  await eventually(
    'the held partition',
    () => progressOf(HELD),
    (next) => next === BEFORE,
    120_000,
  );
  const [record] = await eventually(
    'the hold',
    () => stores.control.stamps(1, [HELD]),
    ([row]) => row!.hold !== null,
    30_000,
  );
  assert.equal(record!.hold!.offset, BEFORE);
  assert.ok(record!.settled < record!.hold!.stamp);
  await pause(2_000);
  assert.equal(await progressOf(HELD), BEFORE);
});

test('the worker, serving and Trust say so, with both remedies', { timeout: 120_000 }, async () => {
  assert.match(await askWorker('/readyz'), /Partition 0 is held before offset 40: .*correct-stamps --partition 0/);
  assert.match(
    await askWorker('/metrics'),
    /sightline_speed_stamps_ahead_seconds\{partition="0",process="speed"\} 86\d{4}\./,
  );
  const serving = servingOf(world.config);
  try {
    const { held, tallies } = await serving.trust();
    assert.deepEqual(
      held.map(({ partition, offset, remedy }) => [partition, offset, remedy]),
      [[HELD, BEFORE, 'sightline topic correct-stamps --partition 0 --dry-run']],
    );
    assert.ok(held[0]!.goes_on_at > Date.now() + AHEAD_MS / 2);
    assert.deepEqual([tallies.new, tallies.deferred], [3 * BEFORE, 0]);
    const ready = await getReadiness(new Request('http://127.0.0.1/readyz'), {}, serving);
    assert.match(await ready.text(), /Partition 0 is held before offset 40/);
  } finally {
    await serving.close();
  }
});

test(
  'a run ends with exit code 5 and publishes nothing; the archive takes what lies before; a growth does not begin',
  { timeout: 240_000 },
  async () => {
    await pause(EPOCH_SECONDS * 1_000);
    const open = await openBatchOf(world.config);
    try {
      await assert.rejects(publishEpochs(open.context, { from: null, to: null }), StampsAhead);
      assert.equal(await open.context.control.horizon(1), null);
    } finally {
      await open.close();
    }
    const [archived, grown] = [
      await sightline('batch', 'archive', '--json'),
      await sightline('topic', 'grow', '--partitions', '3'),
    ];
    assert.equal(archived.code, EXIT.dependency_down, archived.said);
    assert.match(archived.said, /Partition 0 is held before offset 40/);
    const to = archived.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { archived_to: number[] }).archived_to)
      .at(-1);
    assert.deepEqual(to, [BEFORE, 2 * BEFORE]);
    assert.deepEqual(
      [grown.code, (await stores.admin.facts())?.partitionCount],
      [EXIT.dependency_down, PARTITIONS],
      grown.said,
    );
    assert.match(grown.said, /Partition 0 is held before offset 40/);
  },
);

test(
  'the command shows what it would record, records it once, and refuses what is no run of stamps that are ahead',
  { timeout: 240_000 },
  async () => {
    const ask = (...args: string[]) => sightline('topic', 'correct-stamps', '--partition', ...args);
    const dry = await ask('0', '--dry-run');
    assert.equal(dry.code, EXIT.done, dry.said);
    assert.match(
      dry.out,
      /^would correct offsets 40 to 44 of partition 0: 5 records stamped \S+ count as arrived \S+; nothing was recorded\n$/,
    );
    assert.deepEqual((await stores.control.stamps(1, [HELD]))[0]!.corrections, []);
    const [unknown, other, elsewhere] = await Promise.all([ask('7'), ask('1'), ask('0', '--from', '41')]);
    assert.deepEqual([unknown!.code, other!.code, elsewhere!.code], [EXIT.usage, EXIT.nothing_to_do, EXIT.usage]);
    assert.match(elsewhere!.said, /first record that is ahead is offset 40/);
    const done = await ask('0', '--from', '40', '--to', '44');
    assert.equal(done.code, EXIT.done, done.said);
    assert.match(done.out, /^corrected offsets 40 to 44/);
    const again = await ask('0');
    assert.deepEqual(
      [again.code, /corrected before: offsets 40 to 44/.test(again.said)],
      [EXIT.nothing_to_do, true],
      again.said,
    );
  },
);

test('everything is counted, nothing is deferred, and the layers agree', { timeout: 600_000 }, async () => {
  await caughtUp(stores);
  workers.throwIfRefused();
  const progress = await stores.control.progress(1, [HELD, OTHER]);
  const all = progress.map((each) => each!.tallies).reduce(addTallies, NO_TALLIES);
  assert.deepEqual([all.new, all.deferred, all.dead_letters], [sent, 0, 0]);
  await pause(EPOCH_SECONDS * 1_000);
  const open = await openBatchOf(world.config);
  try {
    const last = epochAt(Date.now(), open.context.rules) - 1;
    const { reports } = await publishEpochs(open.context, { from: null, to: last as Epoch });
    assert.ok(
      reports.every(({ result }) => result === 'proved'),
      JSON.stringify(reports.map(({ epoch, result, comparison }) => [epoch, result, comparison.unproven])),
    );
    assert.equal(
      reports.reduce((sum, { rows }) => sum + rows, 0),
      sent,
    );
    assert.ok(reports.length > 0 && reports.length < 100, `${reports.length} epochs, not ten days of them`);
    for (const { epoch_number: epoch } of reports.filter(({ rows }) => rows > 0))
      assert.ok(isSame(await reprocess(open.context, epoch as Epoch)));
    assert.ok(
      epochStartOf(open.context, {
        epoch: last as Epoch,
        horizon: await open.context.control.horizon(1),
      }).arrivals.every((arrival) => arrival < Date.now()),
    );
    const serving = servingOf(world.config);
    assert.deepEqual((await serving.trust()).held, []);
    await serving.close();
  } finally {
    await open.close();
  }
});
