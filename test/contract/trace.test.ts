/**
 * `sightline trace` on the real stack: a detection with a copy and a stray, before and after its epoch is published; a
 * dead letter; an id that nobody knows.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import kafkajs from 'kafkajs';
import type { Trace } from '../../admin/trace/model.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { batchWorld } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const PARTITIONS = 3;
const first = 9_007_199_254_740_993n + BigInt(randomBytes(4).readUInt32BE());
const COUNTED = oid(first);
const DEAD = oid(first + 1n);
const UNKNOWN = oid(first + 2n);
const began = Date.now();

let world: BatchWorld;
let worker: ChildProcess;

const valueOf = (id: string, at: number): string =>
  `{"geographical_location_oid":17,"video_camera_oid":3,"detection_oid":${id},"item_name":"Fußgänger","timestamp_detected":${at}}`;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '30', SPEED_LINGER_MS: '20' });
  worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const kafka = new kafkajs.Kafka({
    brokers: world.config.KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const home = homeOf(COUNTED, PARTITIONS);
  const value = valueOf(COUNTED, began);
  const send = (partition: number, bytes: string, key: string | null) =>
    producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages: [{ partition, key, value: bytes }] });
  await send(home, value, COUNTED);
  await send(home, value, COUNTED);
  await send((home + 1) % PARTITIONS, value, null);
  await send(homeOf(DEAD, PARTITIONS), valueOf(DEAD, began + 3 * 86_400_000), DEAD);
  await producer.disconnect();
});

after(async () => {
  worker?.kill('SIGKILL');
  await world?.drop();
});

async function traced(id: string, ...options: string[]): Promise<{ code: number; trace: Trace }> {
  const { code, stdout } = await sightline(['trace', '--json', ...options, '--', id], world.environment);
  return { code, trace: JSON.parse(stdout) as Trace };
}

const verdicts = ({ records }: Trace): string[] => records.map(({ verdict }) => verdict).sort();

test('a detection is followed to its cells while its epoch is open', { timeout: 180_000 }, async () => {
  const { code, trace } = await eventually(
    'the stray has come home, and all is counted',
    () => traced(COUNTED),
    ({ trace: found }) => found.records.length === 4 && found.countings[0]?.stage !== 'unread',
    120_000,
  );
  assert.deepEqual(verdicts(trace), ['copy', 'copy', 'new', 'stray']);
  assert.deepEqual([code, trace.missing], [0, []]);
  const [counting] = trace.countings;
  assert.equal(trace.countings.length, 1);
  assert.deepEqual(
    [trace.first_met?.kafka_offset, trace.first_met?.payload.item_name],
    [counting!.kafka_offset, 'Fußgänger'],
  );
  const view = counting!.stage === 'published' ? 'batch' : 'speed';
  assert.deepEqual(
    counting!.cells.filter((cell) => cell.view === view).map(({ cell, count }) => [cell, count]),
    ['place_item', 'item', 'place', 'total', 'listed'].map((cell) => [cell, 1]),
  );
});

test('and to its files once the epoch is published', { timeout: 240_000 }, async () => {
  await eventually(
    'the epoch is published',
    () => sightline(['batch', 'run'], world.environment).then(() => traced(COUNTED)),
    ({ trace }) => trace.countings[0]?.stage === 'published',
    200_000,
  );
  const { code, trace } = await traced(COUNTED);
  assert.deepEqual([code, trace.missing, trace.pending], [0, [], []]);
  assert.deepEqual(
    trace.countings[0]!.files.map(({ table, state, row_group, row }) => [table, state, row_group, row]),
    [
      ['detections', 'holds_it', 0, 0],
      ['raw', 'holds_it', 0, trace.countings[0]!.kafka_offset],
    ].sort(),
  );
  const { stdout } = await sightline(['trace', '--', COUNTED], world.environment);
  assert.match(stdout, /missing {3}nothing/);
});

test('a dead letter is found with its reason and the letter that keeps it', { timeout: 60_000 }, async () => {
  const { code, trace } = await traced(DEAD);
  assert.deepEqual([code, verdicts(trace), trace.first_met], [0, ['dead_letter'], null]);
  assert.deepEqual(
    trace.dead_letters.map(({ reason, record }) => [reason, record]),
    [['ahead_of_arrival', `${homeOf(DEAD, PARTITIONS)}/${trace.records[0]!.kafka_offset}`]],
  );
});

test('an id that nobody knows ends with 3, a text that is no id with 2', { timeout: 60_000 }, async () => {
  const { code, trace } = await traced(UNKNOWN);
  assert.deepEqual([code, trace.records, trace.countings], [3, [], []]);
  assert.equal(trace.looked_through.log.length, 1);
  assert.equal((await sightline(['trace', '007'], world.environment)).code, 2);
});
