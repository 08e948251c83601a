/**
 * Records as large as the topic takes, on the real Kafka: each has a place, both layers say the same of it, no worker
 * stops, and the tools for dead letters cope (laws L3, L7, L8).
 *
 * Topic, namespace and folder are the test's own.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { GREATEST_STRAY_BYTES } from '../../core/domain/verdict.ts';
import { GREATEST_PART_BYTES } from '../../core/layout/log.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { batchWorld } from '../support/batch-world.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

/** Of a value without key and headers, under Kafka's default limit. */
const GREATEST_BYTES = 1_048_516;
/** The same of bytes that gzip makes longer. */
const GREATEST_RANDOM_BYTES = GREATEST_BYTES - 1_000;
let world: BatchWorld;
let stores: Stores;
let worker: ChildProcess;
let ended: number | null = null;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '60' });
  stores = await openStores(world.config);
  worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  worker.on('exit', (code) => (ended = code));
});

after(async () => {
  worker?.kill('SIGKILL');
  await stores?.close();
  await world?.drop();
});

const home = (id: string): number => homeOf(oid(id), 3);
const away = (id: string): number => (home(id) + 1) % 3;
const padded = (id: string, bytes: number): string =>
  `{"geographical_location_oid":17,"video_camera_oid":3,"detection_oid":${id},"item_name":"car","timestamp_detected":${Date.now()}}`.padEnd(
    bytes,
  );

const valueBytes = (letter: string): number => (JSON.parse(letter) as { value: { bytes: number } }).value.bytes;

/** Once every record of the log is counted. */
async function tallies(): Promise<Tallies> {
  const read = async () => ({
    ends: await stores.admin.ends(),
    progress: await stores.control.progress(stores.rules.generation, [0, 1, 2]),
  });
  const { progress } = await eventually(
    'the log read to its end',
    read,
    ({ ends, progress: all }) => {
      assert.equal(ended, null, 'the worker has stopped');
      return ends.every(({ partition, high }) => (all[partition]?.nextOffset ?? 0) === high);
    },
    120_000,
  );
  return progress.map((each) => each?.tallies ?? NO_TALLIES).reduce(addTallies, NO_TALLIES);
}

test('the largest records have a place each, and no worker stops', { timeout: 240_000 }, async () => {
  const producer = new kafkajs.Kafka({
    brokers: world.config.KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer();
  await producer.connect();
  const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`header ${i}`, 'x']));
  const records: kafkajs.Message[] = [
    { partition: away('1'), key: null, value: padded('1', GREATEST_BYTES) },
    { partition: away('2'), key: null, value: padded('2', GREATEST_STRAY_BYTES), headers },
    { partition: home('3'), key: null, value: padded('3', GREATEST_BYTES) },
    { partition: 0, key: randomBytes(GREATEST_RANDOM_BYTES), value: null },
    { partition: 1, key: randomBytes(500_000), value: randomBytes(GREATEST_RANDOM_BYTES - 500_000) },
    { partition: 2, key: null, value: Buffer.alloc(GREATEST_BYTES, 'x') },
    { partition: 2, key: null, value: 'x', headers: { large: Buffer.alloc(1_048_000, 'y') } },
  ];
  for (const message of records) await producer.send({ topic: world.name, messages: [message] });
  await assert.rejects(
    producer.send({
      topic: world.name,
      messages: [{ partition: 0, key: null, value: Buffer.alloc(GREATEST_BYTES + 1) }],
    }),
    /larger than the max message size/,
  );
  const packed = (bytes: number): Promise<unknown> =>
    producer.send({
      topic: world.name,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [{ partition: 0, value: Buffer.alloc(bytes, ' ') }],
    });
  await packed(2_000_000);
  await packed(GREATEST_PART_BYTES + 5_000_000);
  await producer.disconnect();

  const { dead_letters_by_reason: reasons, ...counted } = await tallies();
  assert.deepEqual([counted.new, counted.strays, counted.dead_letters], [2, 1, 7]);
  assert.deepEqual(reasons, { too_large_to_forward: 1, tombstone: 1, bad_utf8: 1, not_json: 4 });
});

test('the batch layer judges them the same', { timeout: 240_000 }, async () => {
  const reports: RunReport[] = [];
  while (reports.reduce((sum, { rows }) => sum + rows, 0) < 2) {
    await pause(5_000);
    const { code, stdout, stderr } = await sightline(['batch', 'run', '--json'], world.environment);
    assert.ok([0, 3].includes(code), stderr);
    reports.push(
      ...stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as RunReport),
    );
  }
  const reasons = reports
    .map(({ tallies: of }) => of.dead_letters_by_reason)
    .reduce((all, each) => ({ ...all, ...each }), {});
  assert.deepEqual(Object.keys(reasons).sort(), ['bad_utf8', 'not_json', 'tombstone', 'too_large_to_forward']);
  assert.deepEqual(
    reports.filter(({ result }) => result !== 'proved').map(({ epoch, comparison }) => [epoch, comparison]),
    [],
  );
});

test(
  'dead letters of that size are listed, shown, and replayed once the topic takes them',
  { timeout: 240_000 },
  async () => {
    const dlq = (...args: string[]) => sightline(['dlq', ...args], world.environment);
    const list = await dlq('list');
    assert.equal(list.code, 0);
    const lines = list.stdout.split('\n').filter(Boolean);
    assert.deepEqual([lines.length, lines.every(({ length }) => length < 250)], [7, true]);
    const unpacked = await dlq('list', '--reason', 'not_json', '--json');
    const sizes = unpacked.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => valueBytes(line));
    assert.ok(sizes.includes(2_000_000) && sizes.includes(GREATEST_PART_BYTES), `${sizes}`);
    const [letter] = lines.find((line) => line.includes('too_large_to_forward'))!.split('\t');
    const shown = await dlq('show', letter!, '--json');
    assert.equal(valueBytes(shown.stdout), GREATEST_BYTES);
    const tombstone = await dlq('list', '--reason', 'tombstone', '--json');
    assert.equal((JSON.parse(tombstone.stdout) as { key: { bytes: number } }).key.bytes, GREATEST_RANDOM_BYTES);

    // Only where the broker unpacks a record has it no room.
    await stores.admin.configure(world.name, { 'compression.type': 'uncompressed' });
    await pause(1_000);
    const early = await dlq('replay', '--reason', 'too_large_to_forward', '--json');
    assert.equal(early.code, 4);
    assert.deepEqual(JSON.parse(early.stdout.trim().split('\n').at(-1)!), {
      selected: 1,
      replayed: 0,
      deferred: 0,
      remaining: 1,
      forced: 0,
      tooLarge: 1,
    });
    assert.match(early.stderr, /is larger than topic \S+ takes, with its header. Raise the limit.*max.message.bytes=/);
    await stores.admin.configure(world.name, { 'max.message.bytes': '1200000' });
    await pause(1_000);
    assert.equal((await dlq('replay', '--reason', 'too_large_to_forward')).code, 0);
    assert.equal((await tallies()).new, 3);
  },
);
