/**
 * The cameras on a real Kafka: what they say they produced is what the log holds, record by record.
 *
 * Needs KAFKA_BROKERS. Uses topics of its own and deletes them. The parser of both layers reads what the cameras wrote,
 * so that the simulation and the contract cannot drift apart.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { IHeaders } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { LogRecord } from '../../core/domain/detection.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import { classify } from '../../core/domain/verdict.ts';
import { startCameras } from '../../hadoop-compose/cameras/cameras.ts';
import type { CameraStats } from '../../hadoop-compose/cameras/cameras.ts';
import { readTruth } from '../support/truth.ts';
import type { TruthLine } from '../support/truth.ts';

const PARTITIONS = 12;
const brokers = process.env.KAFKA_BROKERS ?? '127.0.0.1:9092';
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const made: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'sightline-cameras-'));
const rules: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: PARTITIONS,
  firstEpoch: 0,
  firstOffsets: Array.from({ length: PARTITIONS }, () => 0),
};

before(() => admin.connect());
after(async () => {
  await admin.deleteTopics({ topics: made });
  await admin.disconnect();
  rmSync(folder, { recursive: true });
});

async function newTopic(): Promise<string> {
  const topic = `cameras-test-${randomUUID()}`;
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: PARTITIONS, configEntries }] });
  while (!(await admin.listTopics()).includes(topic)) await pause(100);
  made.push(topic);
  return topic;
}

async function endOf(topic: string): Promise<number> {
  return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
}

/** The whole log. Idempotent producers without transactions leave no gaps, so the ends say how much there is. */
async function readLog(topic: string): Promise<LogRecord[]> {
  const count = await endOf(topic);
  const records: LogRecord[] = [];
  const consumer = kafka.consumer({ groupId: `${topic}-reader`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ partition, message: { key, value, timestamp, offset, headers } }) => {
          records.push({
            partition,
            offset: Number(offset),
            stamp: Number(timestamp),
            key,
            value,
            headers: pairs(headers),
          });
          if (records.length === count) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return records;
}

function pairs(headers: IHeaders | undefined): [string, Buffer][] {
  return Object.entries(headers ?? {}).map(([name, value]) => [name, Buffer.from(value as Buffer)]);
}

interface Produced {
  readonly topic: string;
  readonly truth: TruthLine[];
  readonly log: ReadonlyMap<string, LogRecord>;
}

const place = ({ partition, offset }: { partition: number; offset: number }): string => `${partition}@${offset}`;

async function produce(...args: string[]): Promise<Produced> {
  const topic = await newTopic();
  const file = join(folder, `${topic}.csv`);
  const cameras = await startCameras([`--brokers=${brokers}`, `--topic=${topic}`, `--truth=${file}`, ...args]);
  assert.equal(await cameras.ended, 0);
  const log = await readLog(topic);
  return { topic, truth: await readTruth(file), log: new Map(log.map((record) => [place(record), record])) };
}

const busy = [
  '--rate=6000',
  '--count=6000',
  '--copies=0.3',
  '--late=0.02',
  '--deferred=0.02',
  '--conflicts=0.01',
  '--poison=0.02',
];
let run: Produced;
before(async () => {
  run = await produce(...busy, '--seed=7');
});

test('the truth file names every record of the log once, and none that is not there', () => {
  assert.equal(run.truth.length, run.log.size);
  assert.deepEqual(new Set(run.truth.map(place)), new Set(run.log.keys()));
  assert.equal(new Set(run.truth.filter(({ kind }) => kind.startsWith('new')).map(({ id }) => id)).size, 6_000);
});

test('every record says what the truth says of it, as both layers read it', () => {
  for (const line of run.truth) {
    const record = run.log.get(place(line))!;
    const verdict = classify(record, record.stamp as Instant, rules);
    if (verdict.kind === 'dead_letter') {
      assert.equal(line.kind, `poison:${verdict.deadLetter.reason}`);
      continue;
    }
    assert.ok(verdict.kind === 'detection' || verdict.kind === 'stray', verdict.kind);
    const { id, location, camera, item, detectedAt } = verdict.detection;
    assert.deepEqual(
      { id, location, camera, item, detectedAt },
      {
        id: line.id,
        location: line.location,
        camera: line.camera,
        item: line.item,
        detectedAt: line.detectedAt,
      },
    );
    assert.equal(record.key === null ? 'keyless' : String(record.key), line.via === 'keyless' ? 'keyless' : line.id);
  }
});

test('new detections are at home, and copies also come from other producers to other partitions', () => {
  const atHome = ({ id, partition }: TruthLine): boolean => homeOf(oid(id), PARTITIONS) === partition;
  const detections = run.truth.filter(({ kind }) => !kind.startsWith('poison'));
  assert.ok(detections.filter(({ via }) => via === 'murmur2').every(atHome));
  assert.ok(detections.filter(({ kind }) => kind.startsWith('new')).every(({ via }) => via === 'murmur2'));
  for (const via of ['crc32', 'keyless']) {
    const strays = detections.filter((line) => line.via === via && !atHome(line));
    assert.ok(strays.length > 100, `${strays.length} strays came by ${via}`);
    const reached = new Set(strays.map(({ partition }) => partition)).size;
    assert.ok(reached > 2, `strays that came by ${via} reached ${reached} partitions`);
  }
});

test('copies, late, deferred and conflicting ones come in the shares asked for', () => {
  const count = (kind: string): number => run.truth.filter((line) => line.kind === kind).length;
  const copied = new Set(
    run.truth.filter(({ kind }) => kind === 'copy' || kind === 'copy:other_bytes').map(({ id }) => id),
  );
  assert.ok(Math.abs(copied.size / 6_000 - 0.3) < 0.03, `${copied.size} of 6000 were copied`);
  assert.ok(count('copy') > count('copy:other_bytes') && count('copy:other_bytes') > 50);
  for (const kind of ['new:late', 'new:deferred']) assert.ok(Math.abs(count(kind) / 6_000 - 0.02) < 0.008, kind);
  assert.ok(count('copy:conflict') > 20);
});

test('a dead letter of every reason is among the poison', () => {
  const reasons = new Set(run.truth.filter(({ kind }) => kind.startsWith('poison')).map(({ kind }) => kind.slice(7)));
  assert.deepEqual([...reasons].sort(), [
    'ahead_of_arrival',
    'bad_utf8',
    'byte_order_mark',
    'duplicate_field',
    'empty_value',
    'item_name_length',
    'lone_surrogate',
    'missing_field',
    'not_an_object',
    'not_json',
    'out_of_range',
    'stray_not_at_home',
    'tombstone',
    'wrong_type',
  ]);
});

test('cameras pause and resume, and stopping them leaves no copy behind', { timeout: 240_000 }, async () => {
  const topic = await newTopic();
  const file = join(folder, `${topic}.csv`);
  const seen: CameraStats[] = [];
  const cameras = await startCameras(
    [`--brokers=${brokers}`, `--topic=${topic}`, `--truth=${file}`, '--rate=500', '--copies=0.5'],
    {
      onStats: (stats) => seen.push(stats),
    },
  );
  const until = async (holds: (stats: CameraStats) => boolean): Promise<CameraStats> => {
    const from = seen.length;
    for (;;) {
      const found = seen.slice(from).find(holds);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(({ acked }) => acked > 500);
  cameras.pause();
  const paused = await until(({ state, rate, outstanding }) => state === 'paused' && rate === 0 && outstanding === 0);
  assert.equal(await endOf(topic), paused.acked);
  cameras.resume();
  await until(({ state, acked }) => state === 'running' && acked > paused.acked + 300);
  void cameras.stop();
  assert.equal(await cameras.ended, 0);
  const last = seen.at(-1)!;
  assert.deepEqual([last.outstanding, last.waiting_copies, last.failed], [0, 0, 0]);
  assert.equal((await readTruth(file)).length, await endOf(topic));
});

test('a missing topic is named and never made', async () => {
  const topic = `cameras-test-${randomUUID()}`;
  const cameras = await startCameras([`--brokers=${brokers}`, `--topic=${topic}`, '--wait-seconds=1']);
  assert.equal(await cameras.ended, 5);
  assert.ok(!(await admin.listTopics()).includes(topic));
});

test('a wrong option ends with 2 before anything is sent', async () => {
  assert.equal(await (await startCameras(['--copies=1.5'])).ended, 2);
});
