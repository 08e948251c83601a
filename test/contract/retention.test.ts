/**
 * Retention on the real Kafka, HBase and HDFS, by the command and by the scheduler (law L9): what is older than
 * LAKE_RETENTION_DAYS goes from lake, table and lists, counts stay, and what is left proves itself.
 *
 * Epochs are days. The topic takes the producer's stamps while records of days ago are sent, and its own again before
 * anybody reads. Uses a topic, a namespace and a folder of its own, and removes them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { Retention } from '../../batch-layer/changes/retain.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import type { LakeReader } from '../support/lake-states.ts';
import { homeOf } from '../../core/domain/home.ts';
import { dateOf, DAY_MS, instant } from '../../core/domain/time.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { batchWorld, kafkaOf, servingOf } from '../support/batch-world.ts';
import { lakeReader } from '../support/lake-states.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';
import { stampTopic } from '../support/topic-stamps.ts';

const NOW = Date.now();
/** One is old enough for either setting, one for the shorter, one for none: W is three days. */
const SIGHTINGS = [8, 5, 2].map((days) => ({ id: `900719925474099${days}` as Oid, at: NOW - days * DAY_MS }));
const [OLDEST, OLD, YOUNG] = SIGHTINGS.map(({ id }) => id);
let world: BatchWorld;
let files: Hdfs;
let reader: LakeReader;

before(async () => {
  const longKept = { KAFKA_RETENTION_HOURS: '720' };
  world = await batchWorld({ EPOCH_SECONDS: '86400', SPEED_WAIT_SECONDS: '0', PRUNE_GRACE_SECONDS: '0', ...longKept });
  files = hdfs(world.config);
  reader = await lakeReader(files);
  await stampTopic(world.config, 'producer');
  const producer = kafkaOf(world.config).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (const { id, at } of SIGHTINGS) {
    const value =
      `{"geographical_location_oid":1,"video_camera_oid":3,"detection_oid":${id},` +
      `"item_name":"van","timestamp_detected":${at}}`;
    const message = { key: id, partition: homeOf(id, world.config.KAFKA_PARTITIONS), timestamp: String(at), value };
    await producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages: [message] });
  }
  await producer.disconnect();
  await stampTopic(world.config, 'log');
  const run = await sightline(['batch', 'run'], world.environment);
  assert.equal(run.code, 0, run.stderr);
});

after(async () => {
  await reader.close();
  await world.drop();
});

/** What the API counts, and lists by id, of all these days. */
async function answers(): Promise<{ total: number; listed: string[] }> {
  const serving = servingOf(world.config);
  const window = { from: instant(NOW - 10 * DAY_MS), to: instant(NOW + DAY_MS), location: 'all' as const };
  try {
    const { total } = await serving.topItems(window);
    const { detections } = await serving.detections({ ...window, limit: 100 });
    return { total, listed: detections.map(({ detection_oid: id }) => id).sort() };
  } finally {
    await serving.close();
  }
}

async function checkLeft(...left: (string | undefined)[]): Promise<void> {
  assert.deepEqual(await reader.fromFolders(), [...left].sort());
  assert.deepEqual(await reader.fromTable(), [...left].sort());
  assert.deepEqual(await answers(), { total: SIGHTINGS.length, listed: [...left].sort() });
  const again = await sightline(['batch', 'run', '--reprocess', 'all'], world.environment);
  assert.equal(again.code, 3, again.stdout + again.stderr);
}

/** Of raw files; without the open epoch, which the scheduler archives. */
async function rawDates(): Promise<string[]> {
  const found = (await files.walk('lake/raw')).map(({ path }) => /epoch=([\d-]{10})\//.exec(path)![1]!);
  return found.filter((date) => date < dateOf(NOW)).sort();
}
const dates = (...days: number[]): string[] => days.map((day) => dateOf(NOW - day * DAY_MS));

test('the command says what it would remove, removes it, and keeps raw files that a rebuild needs', async () => {
  assert.equal((await sightline(['batch', 'retain'], world.environment)).code, 2);
  await checkLeft(OLDEST, OLD, YOUNG);
  const environment = { ...world.environment, LAKE_RETENTION_DAYS: '6', LAKE_RAW_RETENTION_DAYS: '3' };
  const planned = await sightline(['batch', 'retain', '--dry-run', '--json'], environment);
  assert.equal(planned.code, 0, planned.stderr);
  await checkLeft(OLDEST, OLD, YOUNG);
  const done = await sightline(['batch', 'retain', '--json'], environment);
  assert.equal(done.code, 0, done.stderr);
  const { removed, ...gone } = JSON.parse(done.stdout) as Retention & { removed: boolean };
  assert.deepEqual({ ...gone, removed: false }, JSON.parse(planned.stdout));
  assert.deepEqual([removed, gone.detections, gone.detections_up_to], [true, 1, dates(7)[0]]);
  assert.match(done.stderr, /those that "batch rebuild" needs are kept/);
  await checkLeft(OLD, YOUNG);
  assert.deepEqual(await rawDates(), dates(8, 5, 2));
  assert.equal((await sightline(['batch', 'retain'], environment)).code, 3);
});

test('the scheduler does the same by itself, and a rebuild goes on from what is left', async () => {
  const environment = { ...world.environment, LAKE_RETENTION_DAYS: '3', LAKE_RAW_RETENTION_DAYS: '3' };
  const scheduler = spawn(process.execPath, ['sightline.mjs', 'batch', 'schedule'], {
    ...{ cwd: ROOT, env: { ...environment, METRICS_PORT: '0' } },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => scheduler.once('exit', resolve));
  try {
    await eventually('the raw files are gone', rawDates, (left) => left.length === 2, 120_000);
  } finally {
    scheduler.kill('SIGTERM');
    await ended;
  }
  assert.deepEqual(await rawDates(), dates(5, 2));
  await checkLeft(YOUNG);
  const rebuilt = await sightline(['batch', 'rebuild', '--no-switch'], environment);
  assert.equal(rebuilt.code, 0, rebuilt.stderr);
});

test('asked for more, the command takes what a rebuild needs, and a rebuild refuses', async () => {
  const environment = { ...world.environment, LAKE_RAW_RETENTION_DAYS: '3' };
  assert.equal((await sightline(['batch', 'retain'], environment)).code, 3);
  assert.equal((await sightline(['batch', 'retain', '--beyond-rebuild'], environment)).code, 0);
  assert.deepEqual(await rawDates(), dates(2));
  await checkLeft(YOUNG);
  const refused = await sightline(['batch', 'rebuild'], world.environment);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /--beyond-rebuild/);
});
