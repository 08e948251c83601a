/**
 * The speed layer on the real Kafka and HBase, as processes: two workers, one killed with SIGKILL under load, and
 * everything counted once (laws L1 to L4 and L7).
 *
 * Uses a topic, a group and a namespace of its own on the addresses of the environment, and removes them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import kafkajs from 'kafkajs';
import { LEVELS } from '../../core/domain/counts.ts';
import type { CountCell } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { addTallies, NO_TALLIES, recordsOf } from '../../core/domain/tallies.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import { batchWorld } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import type { ShownRow } from '../../admin/rows/show-row.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { speedFeed } from '../support/speed-feed.ts';
import type { SpeedFeed } from '../support/speed-feed.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';

const DETECTIONS = 12_000;
let world: BatchWorld;
let stores: Stores;
let feed: SpeedFeed;
const workers = new Set<ChildProcess>();

before(async () => {
  world = await batchWorld({
    EPOCH_SECONDS: '86400',
    KAFKA_PARTITIONS: '6',
    SPEED_ROUND_RECORDS: '700',
    SPEED_LINGER_MS: '20',
  });
  stores = await openStores(world.config);
  feed = await speedFeed(world.config);
});

after(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await feed.close();
  await stores.close();
  await world.drop();
});

function startWorker(): ChildProcess {
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  workers.add(worker);
  worker.on('exit', () => workers.delete(worker));
  return worker;
}

const ended = (worker: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => worker.on('exit', (code) => resolve(code)));
const partitions = (): number[] => Array.from({ length: world.config.KAFKA_PARTITIONS }, (_, i) => i);

async function progress(): Promise<(Progress | null)[]> {
  return stores.control.progress(stores.rules.generation, partitions());
}

/** Waits until HBase has the effects of at least so many records. */
async function untilCounted(records: number): Promise<void> {
  for (;;) {
    const all = await progress();
    if (all.reduce((sum, p) => sum + (p ? recordsOf(p.tallies) : 0), 0) >= records) return;
    await pause(50);
  }
}

/** Waits until progress is at the log's end, markers of transactions included. */
async function untilRead(): Promise<void> {
  for (;;) {
    const ends = await stores.admin.ends();
    const all = await progress();
    if (ends.every(({ partition, high }) => all[partition]?.nextOffset === high)) return;
    await pause(100);
  }
}

test(
  'two workers count everything once, though one of them is killed in the middle',
  { timeout: 240_000 },
  async () => {
    await feed.send(DETECTIONS / 2);
    const victim = startWorker();
    startWorker();
    const sending = feed.send(DETECTIONS / 2);
    await untilCounted(feed.records / 4);
    const isDead = ended(victim);
    victim.kill('SIGKILL');
    await isDead;
    startWorker();
    await sending;
    await untilRead();

    const all = (await progress()).map((p) => p!.tallies).reduce(addTallies, NO_TALLIES);
    assert.equal(all.new, feed.counted.size, 'new');
    assert.equal(all.deferred, feed.deferred.size, 'deferred');
    assert.equal(all.dead_letters, feed.poison.length, 'dead letters');
    assert.equal(all.ticks, feed.ticks, 'ticks');
    // A worker that died after forwarding forwards again: a copy more, but never a stray more.
    assert.equal(all.strays, feed.strays, 'strays');
    assert.ok(recordsOf(all) >= feed.records + feed.strays, `${recordsOf(all)} records tallied, ${feed.records} sent`);
  },
);

test('tallies add up to what the log holds', async () => {
  const reader = logReader(world.config);
  const all = await progress();
  for (const partition of partitions()) {
    let records = 0;
    for await (const batch of reader.read(partition, 0)) records += batch.records.length;
    assert.equal(recordsOf(all[partition]!.tallies), records, `partition ${partition}`);
  }
  await reader.close();
});

test('every cell of every level holds the truth', async () => {
  const hours = { from: 0, to: 4_000_000 };
  const epochs = epochsHeld();
  const wanted = new Map<string, number>();
  for (const [cell, count] of feed.counts) {
    const [place, item, minutes] = cell.split(' ');
    const hour = Math.floor(Number(minutes) / 60);
    const minute = Number(minutes) % 60;
    for (const scope of ['all', place]) {
      add(wanted, [scope, hour, 'minute_item', minute, item], count);
      add(wanted, [scope, hour, 'hour_item', 0, item], count);
      add(wanted, [scope, hour, 'minute', minute, ''], count);
    }
    add(wanted, ['all', hour, 'minute_place', minute, place], count);
    add(wanted, ['all', hour, 'hour_place', 0, place], count);
  }
  const held = new Map<string, number>();
  const places = new Set([...feed.counts.keys()].map((cell) => cell.split(' ')[0]!));
  for (const scope of ['all' as const, ...[...places].map(oid)]) {
    const levels = scope === 'all' ? LEVELS : LEVELS.filter((level) => !level.endsWith('place'));
    for (const row of await stores.speedView.read({ scope, epochs, hours, levels })) {
      for (const { level, minute, subject, count } of row.cells as CountCell[])
        add(held, [scope, row.hour, level, minute, subject], count);
    }
  }
  assert.deepEqual([...held].sort(), [...wanted].sort());
});

test('every detection has its row, and every counted one its place in the list', async () => {
  const ids = [...feed.counted, ...feed.deferred];
  const rows = requireAnswers('detections', await stores.detections.find(ids.map(oid)));
  assert.deepEqual(
    rows.map((row) => row?.detection.id),
    ids,
  );
  const listed = new Set<string>();
  const places = [...new Set(rows.map((row) => row!.detection.location))];
  const hours = { from: 0, to: 4_000_000 };
  for (const place of places)
    for (const { id } of await stores.speedView.list({ scope: place, epochs: epochsHeld(), hours })) listed.add(id);
  const ofAll = await stores.speedView.list({ scope: 'all', epochs: epochsHeld(), hours });
  assert.deepEqual(ofAll.map(({ id }) => id as string).sort(), [...listed].sort());
  assert.deepEqual([...listed].sort(), [...feed.counted].sort());
});

test('rows that a worker wrote are shown by keys that a person can type', { timeout: 60_000 }, async () => {
  const [id] = feed.counted;
  const [first] = requireAnswers('detections', await stores.detections.find([oid(id!)]));
  const show = async (table: string, key: string): Promise<ShownRow> => {
    const { code, stdout } = await sightline(['rows', 'show', table, key], world.environment);
    assert.equal(code, 0);
    return JSON.parse(stdout) as ShownRow;
  };
  const { key, cells } = await show('detections', id!);
  assert.deepEqual(key, { detection_oid: id });
  const { partition, offset, item_name: item } = cells[0]!.value as Record<string, unknown>;
  assert.deepEqual([partition, offset, item], [first!.partition, first!.offset, first!.detection.item]);

  const epoch = nameOf(epochAt(first!.arrival, stores.rules), stores.rules);
  const hour = new Date(first!.detection.detectedAt).toISOString().slice(0, 13);
  const row = await show('speed_view', `${epoch}/${hour}/${first!.detection.location}/${first!.partition}`);
  assert.ok(JSON.stringify(row.cells).includes(`"detection_oid":"${id}"`));
  const { code } = await sightline(['rows', 'show', 'detections', '-1'], world.environment);
  assert.equal(code, 3);
});

test('the dead letters are the poison, byte for byte', async () => {
  const reader = logReader({ ...world.config, KAFKA_TOPIC: world.config.KAFKA_DEAD_LETTER_TOPIC });
  const letters = new Map<string, string>();
  for (const partition of partitions()) {
    for await (const { records } of reader.read(partition, 0)) {
      for (const { key, value, headers } of records) {
        const said = Object.fromEntries(
          headers.map(([name, text]) => [name.replace('__connect.errors.', ''), text?.toString()]),
        );
        // Kept twice if a worker died in between; the position tells.
        letters.set(
          `${said.partition}/${said.offset}`,
          `${key?.toString('hex') ?? 'null'} ${value?.toString('hex') ?? 'null'}`,
        );
        assert.equal(said.topic, world.config.KAFKA_TOPIC);
        assert.ok(said['exception.class.name'] && said['exception.message']);
      }
    }
  }
  await reader.close();
  assert.deepEqual([...letters.values()].sort(), [...feed.poison].sort());
});

test(
  "the group's offsets follow the progress, and a worker that is told to stop ends with 0",
  { timeout: 120_000 },
  async () => {
    const admin = new kafkajs.Kafka({
      brokers: world.config.KAFKA_BROKERS.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const isSettled = async (): Promise<boolean> => {
      const { groups } = await admin.describeGroups([world.config.KAFKA_GROUP]);
      return groups[0]!.state === 'Stable' && groups[0]!.members.length === workers.size;
    };
    const committed = async (): Promise<number[]> => {
      const [group] = await admin.fetchOffsets({
        groupId: world.config.KAFKA_GROUP,
        topics: [world.config.KAFKA_TOPIC],
      });
      return group!.partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
    };
    const reached = (await progress()).map((p) => p!.nextOffset);
    // A worker's death is noticed late, and what the others hold moves in two steps; offsets are committed between
    // them.
    while (!(await isSettled()) || !isDeepStrictEqual(await committed(), reached)) await pause(200);
    const ends = [...workers].map(ended);
    for (const worker of workers) worker.kill('SIGTERM');
    assert.deepEqual(
      await Promise.all(ends),
      ends.map(() => 0),
    );
    assert.deepEqual(await committed(), reached);
    await admin.disconnect();
  },
);

test('a worker refuses a log that begins after its progress, and says what to do', { timeout: 240_000 }, async () => {
  await feed.send(600);
  const admin = new kafkajs.Kafka({
    brokers: world.config.KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [world.config.KAFKA_TOPIC] });
  const end = (await stores.admin.ends())[0]!.high;
  await admin.deleteTopicRecords({
    topic: world.config.KAFKA_TOPIC,
    partitions: [{ partition: 0, offset: String(end) }],
  });
  await admin.disconnect();
  const worker = startWorker();
  let said = '';
  worker.stderr?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  assert.equal(await ended(worker), 4);
  assert.match(said, /Partition 0 of \S+ holds offsets \d+ to \d+, and offset \d+ was wanted.*cluster reset/s);
});

function epochsHeld(): Epoch[] {
  const { firstEpoch } = stores.rules;
  return Array.from(
    { length: epochAt(Date.now(), stores.rules) - firstEpoch + 1 },
    (_, i) => (firstEpoch + i) as Epoch,
  );
}

function add(to: Map<string, number>, key: readonly unknown[], count: number): void {
  const name = key.join(' ');
  to.set(name, (to.get(name) ?? 0) + count);
}
