/**
 * Forgetting on the real Kafka, HBase and HDFS, by the command as people call it (laws L2 and L9).
 *
 * What somebody names is in no answer any more, everything else is, totals stay, the rest proves itself, and a copy
 * that comes later does not count. While a forgetting is stopped between two steps, answers are those of afterwards.
 * Footage of the cameras that were there goes, for that time and no other. Uses a topic, a namespace and a folder of
 * its own on the addresses of the environment, and removes them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { instant } from '../../core/domain/time.ts';
import { homeOf } from '../../core/domain/home.ts';
import { settledFile } from '../../core/layout/footage.ts';
import { horizonOf, nextEpoch } from '../../batch-layer/epochs/next-epochs.ts';
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import { leavingFile, recountedFile } from '../../core/layout/lake.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { recountedCells } from '../../core/stores/lake/recounted-cells.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { batchWorld, feed, kafkaOf, openBatchOf, servingOf } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';

const PLACE = '5';
const beganAt = Date.now();
let world: BatchWorld;
let batch: OpenBatch;
let serving: Serving;
/** Of the feed's camera within the time, of another camera, and of an hour before. */
let footage: { readonly seen: string; readonly ofAnother: string; readonly before: string };
let speed: ChildProcess;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '0' });
  batch = await openBatchOf(world.config);
  speed = spawn(process.execPath, ['sightline.mjs', 'speed'], { cwd: ROOT, env: world.environment, stdio: 'ignore' });
  const fed = await feed(world.config);
  await publishUntilHolds(2);
  await fed.stop();
  await publishPast(Date.now());
  serving = servingOf(world.config);
  footage = {
    seen: await filmed('3', beganAt + 1_000),
    ofAnother: await filmed('4', beganAt + 1_000),
    before: await filmed('3', beganAt - 3_600_000),
  };
});

after(async () => {
  speed.kill('SIGKILL');
  await serving.close();
  await batch.close();
  await world.drop();
});

/** A settled picture in HDFS; its path. */
async function filmed(camera: string, takenAtMs: number): Promise<string> {
  const picture = randomBytes(1_000);
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const path = settledFile({ camera: camera as Oid, takenAtMs, detection: null, sha256, kind: 'jpg' });
  await batch.context.hdfs.write(path, picture);
  return path;
}

async function publishNext(): Promise<number> {
  const epoch = nextEpoch(await horizonOf(batch.context), batch.context.rules);
  const waitMs = endOf(epoch, batch.context.rules) - Date.now() + 300;
  if (waitMs > 0) await pause(waitMs);
  return (await publishEpochs(batch.context, { from: epoch, to: epoch })).reports[0]!.rows;
}

/** Until so many epochs have rows. */
async function publishUntilHolds(epochs: number): Promise<void> {
  for (let held = 0; held < epochs;) if ((await publishNext()) > 0) held += 1;
}

async function publishPast(t: number): Promise<void> {
  for (;;) {
    const horizon = await horizonOf(batch.context);
    if (horizon && endOf(horizon.epoch, batch.context.rules) > t) return;
    await publishNext();
  }
}

const window = () => ({ from: instant(beganAt - 60_000), to: instant(Date.now() + 3_600_000) });

async function idsOf(location: string, app = serving): Promise<Oid[]> {
  const ids: Oid[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await app.detections({ ...window(), location: location as Oid, limit: 200, cursor });
    ids.push(...page.detections.map(({ detection_oid: id }) => id as Oid));
    if (page.next_cursor === null) return ids;
    cursor = page.next_cursor;
  }
}

const total = async (): Promise<number> => (await serving.topItems({ ...window(), location: 'all' })).total;

test('a place is forgotten in two steps: no answer has it, totals stay, and the rest proves itself', async () => {
  const [gone, others, before_] = [await idsOf(PLACE), await idsOf('3'), await total()];
  assert.ok(gone.length > 10 && others.length > 10);
  const plan = join(world.config.SIGHTLINE_HOME, 'plan.json');
  const times = ['--from', String(beganAt - 60_000), '--to', String(Date.now())];
  const asked = ['forget', '--location', PLACE, ...times, '--plan', plan, '--json'];
  const planned = await sightline(asked, world.environment);
  assert.equal(planned.code, 0);
  const found = JSON.parse(planned.stdout) as { detections: number; footage: { files: number; bytes: number } };
  assert.deepEqual([found.detections, found.footage], [gone.length, { files: 1, bytes: 1_000, open: 0 }]);
  assert.ok(await batch.context.hdfs.facts(footage.seen));
  assert.equal((await stat(plan)).mode & 0o777, 0o600);
  assert.deepEqual(await idsOf(PLACE), gone);
  const done = await sightline(['forget', '--execute', plan, '--json'], world.environment);
  assert.equal(done.code, 0);
  assert.equal((JSON.parse(done.stdout) as { detections: number }).detections, gone.length);
  assert.deepEqual(await idsOf(PLACE), []);
  const { hdfs } = batch.context;
  assert.equal(await hdfs.facts(footage.seen), null);
  for (const kept of [footage.ofAnother, footage.before]) assert.ok(await hdfs.facts(kept), kept);
  assert.deepEqual(await idsOf('3'), others);
  const date = new Date(beganAt).toISOString().slice(0, 10);
  for (const id of gone.slice(0, 5)) assert.equal(await serving.detection(id, date), null);
  assert.equal((await serving.detection(others[0]!))!.geographical_location_oid, '3');
  assert.equal(await total(), before_);
  assert.equal((await sightline(['forget', '--execute', plan], world.environment)).code, 3);
  assert.equal((await sightline(['batch', 'run', '--reprocess', 'all'], world.environment)).code, 3);

  const producer = kafkaOf(world.config).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const copy = (id: Oid) => ({
    ...{ partition: homeOf(id, world.config.KAFKA_PARTITIONS), key: id },
    value:
      `{"geographical_location_oid":${PLACE},"video_camera_oid":3,"detection_oid":${id},` +
      `"item_name":"van","timestamp_detected":${beganAt}}`,
  });
  await producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages: gone.slice(0, 5).map(copy) });
  await producer.disconnect();
  await publishPast(Date.now());
  assert.equal(await total(), before_);
});

const COUNTED_PLACE = '3';

function killedAt(point: string, order: ForgetOrder): Promise<NodeJS.Signals | null> {
  const arguments_ = [
    '--import',
    'tsx',
    'test/support/change-child.ts',
    point,
    'forget',
    JSON.stringify(order),
    'counts',
  ];
  const child = spawn(process.execPath, arguments_, { cwd: ROOT, env: world.environment, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
}

/** Hands over a file of the change that is under way. */
async function withChangeFile(path: string, work: (duck: Duck, localFile: string) => Promise<void>): Promise<void> {
  const [spillFolder, localFile] = [join(world.config.SIGHTLINE_HOME, 'spill'), join(world.config.SIGHTLINE_HOME, 'f')];
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder });
  await batch.context.hdfs.download(path, localFile);
  await work(duck, localFile).finally(() => duck.close());
}

interface Shown {
  readonly ids: readonly Oid[];
  readonly others: readonly Oid[];
  readonly total: number;
  readonly ofPlace: number;
  readonly points: number;
  readonly places: readonly string[];
}

async function shownBy(app: Serving): Promise<Shown> {
  const ofAll = await app.locations(window());
  const points = await app.timeline({ ...window(), location: 'all', stepSeconds: 3_600 });
  return {
    ...{
      ids: await idsOf(COUNTED_PLACE, app),
      others: await idsOf('2', app),
      total: (await app.topItems({ ...window(), location: 'all' })).total,
    },
    ofPlace: (await app.topItems({ ...window(), location: COUNTED_PLACE as Oid })).total,
    points: points.total,
    places: ofAll.locations
      .filter(({ count }) => count > 0)
      .map(({ geographical_location_oid: oid, count }) => `${oid} ${count}`),
  };
}

async function shownByNewApp(): Promise<Shown> {
  const app = servingOf(world.config);
  return shownBy(app).finally(() => app.close());
}

test('counts go too; while it is stopped between two steps, everybody sees the end of it', async () => {
  await publishPast(Date.now());
  const before_ = await shownBy(serving);
  const gone = before_.ids.length;
  assert.ok(gone > 10 && before_.ofPlace === gone);
  const after_: Shown = {
    ...{ ids: [], others: before_.others, total: before_.total - gone, ofPlace: 0, points: before_.points - gone },
    places: before_.places.filter((text) => !text.startsWith(`${COUNTED_PLACE} `)),
  };
  const times = { from: beganAt - 60_000, to: Date.now() };
  const order = { by: 'location', location: COUNTED_PLACE, ...times } as const;
  const plan = join(world.config.SIGHTLINE_HOME, 'counts.json');
  const asked = ['--location', COUNTED_PLACE, '--from', String(times.from), '--to', String(times.to)];
  const planned = await sightline(['forget', ...asked, '--counts', '--plan', plan, '--json'], world.environment);
  assert.equal(planned.code, 0, planned.stderr);
  assert.equal((JSON.parse(planned.stdout) as { counts: { detections: number } }).counts.detections, gone);
  assert.deepEqual(await shownBy(serving), before_);

  assert.equal(await killedAt('change_prepared', order), 'SIGKILL');
  assert.deepEqual(await shownBy(serving), before_);
  const { context } = batch;
  assert.equal(await killedAt('change_announced', order), 'SIGKILL');
  const { change, isUnderWay } = (await context.control.forgetting(context.rules.generation))!;
  assert.ok(isUnderWay);
  assert.deepEqual(await shownBy(serving), after_, 'announced, and nothing is gone');
  const rows: Row[] = [];
  await withChangeFile(leavingFile(change), async (duck, localFile) => {
    rows.push(...(await duck.rows(`SELECT * FROM ${parquet([localFile])} WHERE is_listed`)));
  });
  assert.equal(rows.length, gone);
  await context.forgottenRows.unlist(
    rows.slice(0, Math.floor(gone / 2)).map((row) => ({
      id: String(row.detection_oid) as Oid,
      location: COUNTED_PLACE as Oid,
      detectedAt: instant(Number(row.timestamp_detected)),
      epoch: Number(row.epoch) as Epoch,
    })),
  );
  assert.deepEqual(await shownBy(serving), after_, 'half of the lists is empty');
  await withChangeFile(recountedFile(change), async (duck, localFile) => {
    for await (const cells of recountedCells(duck, localFile))
      await context.forgottenRows.recount(
        cells.filter((_, at) => at % 2 === 0).map(({ name, cell }) => ({ name, cells: [cell] })),
      );
  });
  assert.deepEqual(await shownBy(serving), after_, 'half of the counts are new');
  assert.deepEqual(await shownByNewApp(), after_, 'half of the counts are new');
  for (const point of ['change_work_done', 'change_recounted_some', 'change_recounted', 'change_put_away']) {
    assert.equal(await killedAt(point, order), 'SIGKILL');
    assert.deepEqual(await shownBy(serving), after_, point);
  }
  await withLakeLock(context, async () => undefined);
  assert.ok(!(await context.control.forgetting(context.rules.generation))!.isUnderWay);
  for (const shown of [await shownBy(serving), await shownByNewApp()]) assert.deepEqual(shown, after_, 'done');
  assert.deepEqual(await context.hdfs.list('lake/_changing'), []);
  assert.equal((await sightline(['forget', '--execute', plan], world.environment)).code, 3);
  const reprocessed = await sightline(['batch', 'run', '--reprocess', 'all'], world.environment);
  assert.equal(reprocessed.code, 3, reprocessed.stderr);
});

test('a rebuild agrees with what remains, and has no counts of what was forgotten', async () => {
  const before_ = await shownBy(serving);
  // Copies that came after the first forgetting are in raw files; its plan finds them.
  const plan = join(world.config.SIGHTLINE_HOME, 'plan.json');
  assert.equal((await sightline(['forget', '--execute', plan], world.environment)).code, 0);
  const { code, stderr } = await sightline(['batch', 'rebuild'], world.environment);
  assert.equal(code, 0, stderr);
  await serving.close();
  serving = servingOf(world.config);
  const after_ = await shownBy(serving);
  // The first forgetting of this file left its counts, which no raw record tells any more.
  const places = before_.places.filter((text) => !text.startsWith(`${PLACE} `));
  assert.deepEqual(after_.places, places);
  assert.equal(
    after_.total,
    places.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0),
  );
  assert.deepEqual([after_.ids, after_.others], [[], before_.others]);
});
