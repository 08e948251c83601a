/**
 * Forgetting takes every trace of the detections that somebody names, and nothing else: the rest stays as it was and
 * proves itself, whatever step a process dies at, and copies that come later do not count (laws L2 and L9).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { Forgetting } from '../../../../batch-layer/changes/forget.ts';
import type { Wanted } from '../../../../batch-layer/changes/wanted.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { FirstMet } from '../../../../core/domain/first-met.ts';
import type { Oid } from '../../../../core/domain/oid.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { Sighting } from '../../../support/hourly-world.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { LAKE } from '../../../../core/layout/lake.ts';
import { readChain } from '../../../../core/stores/lake/changes.ts';
import { readRun } from '../../../../core/stores/lake/runs.ts';
import { compact } from '../../../../batch-layer/changes/compact.ts';
import { forget, planForgetting } from '../../../../batch-layer/changes/forget.ts';
import { wantedIds } from '../../../../batch-layer/changes/wanted.ts';
import { withLakeLock } from '../../../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { stateOf } from '../../../support/filled-world.ts';
import { Crash } from '../../../support/hdfs-double.ts';
import {
  FIRST_HOUR,
  HOUR_MS,
  HOURLY_RULES,
  LAST_HOUR,
  publishedHours,
  sendSighting,
  SIGHTINGS,
  START,
} from '../../../support/hourly-world.ts';
import { sharedWorld } from '../../../support/shared-world.ts';

const { copy, inNewProcess, newFile } = sharedWorld(async (process) => {
  const world = await publishedHours(process());
  for (const sighting of SIGHTINGS) world.rows.set(sighting.id, await firstMetOf(world, sighting));
  return world;
});

/** The row that a worker would have written. */
async function firstMetOf(world: World, { id, camera, location, at }: Sighting): Promise<FirstMet> {
  const partition = homeOf(id as Oid, HOURLY_RULES.partitionCount);
  const record = world.log[partition]!.find(({ value }) => value?.toString().includes(id))!;
  const detection = {
    ...{ id: id as Oid, location: String(location) as Oid, camera: String(camera) as Oid },
    ...{ item: 'van', detectedAt: at as Instant },
  };
  return { logLife: 1, partition, offset: record.offset, arrival: record.stamp as Instant, detection };
}

/** The first half hour of camera 8. */
const CAMERA: Wanted = { order: { by: 'camera', camera: '8', from: START, to: START + HOUR_MS / 2 }, ids: [] };
const isOfCamera = ({ camera, at }: Sighting): boolean => camera === 8 && at < START + HOUR_MS / 2;

function forgetting(
  world: World,
  wanted = CAMERA,
  hooks: Partial<Pick<BatchContext, 'mayCrashAt'>> = {},
): Promise<Forgetting | null> {
  return withLakeLock(contextOf(world, inNewProcess(), hooks), (locked, lease) => forget(locked, lease, wanted));
}

async function restProves(world: World): Promise<boolean> {
  for (let epoch = FIRST_HOUR as Epoch; epoch <= LAST_HOUR; epoch = (epoch + 1) as Epoch)
    if (!isSame(await reprocess(contextOf(world, inNewProcess()), epoch))) return false;
  return true;
}

/** Bytes of ids and values lie compressed in Parquet, so tables are read; everything else is searched as text. */
async function tracesOf(world: World, ids: readonly string[]): Promise<string[]> {
  const { rows, listed } = await stateOf(world);
  const texts = [...world.hdfs.files].filter(([path]) => path.endsWith('.json')).map(([, bytes]) => bytes.toString());
  const places = [...rows, ...listed, ...texts, ...(await rawIds(world))];
  return ids.filter((id) => places.some((text) => text.includes(id)));
}

async function rawIds(world: World): Promise<string[]> {
  const raw = new Map([...world.hdfs.files].filter(([path]) => path.startsWith(`${LAKE}/raw/`)));
  const asDetections = [...raw].map(([path, bytes]) => [path.replace('/raw/', '/detections/'), bytes] as const);
  const files = new Map(asDetections);
  const { openDuck } = await import('../../../../core/stores/lake/duckdb.ts');
  const { writeFile } = await import('node:fs/promises');
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: newFile() });
  const ids: string[] = [];
  for (const bytes of files.values()) {
    const local = `${newFile()}.parquet`;
    await writeFile(local, bytes);
    for (const row of await duck.rows(
      `SELECT detection_oid, decode(value) AS value FROM '${local}' WHERE value IS NOT NULL`,
    ))
      ids.push(`${String(row.detection_oid)} ${String(row.value)}`);
  }
  duck.close();
  return ids;
}

test('a camera is forgotten within its time: rows, raw records, lists, conflicts; counts stay and the rest proves itself', async () => {
  const world = copy();
  const before_ = await stateOf(world);
  const gone = SIGHTINGS.filter(isOfCamera).map(({ id }) => id);
  assert.ok(gone.length > 10);
  const planned = await planForgetting(contextOf(world, inNewProcess()), CAMERA);
  assert.deepEqual(await stateOf(world), before_);
  const done = await forgetting(world);
  assert.deepEqual(done, planned);
  assert.equal(done!.detections, gone.length);
  assert.ok(done!.tables.raw.rows > gone.length);
  assert.deepEqual(await tracesOf(world, gone), []);
  const after_ = await stateOf(world);
  const isGone = (text: string): boolean => gone.some((id) => text.includes(id));
  assert.deepEqual(
    after_.rows,
    before_.rows.filter((row) => !isGone(row)),
  );
  assert.deepEqual(
    after_.listed,
    before_.listed.filter((entry) => !isGone(entry)),
  );
  assert.deepEqual(after_.cells, before_.cells);
  for (const id of gone) assert.equal(world.rows.get(id)!.detection.item, '');
  assert.ok(await restProves(world));
  assert.equal(await forgetting(world), null);
});

test('detections are forgotten by their ids, with the copy that said something else', async () => {
  const world = copy();
  const ids = [SIGHTINGS[30]!.id, SIGHTINGS[31]!.id];
  const done = await forgetting(world, wantedIds(ids as Oid[]));
  assert.equal(done!.detections, 2);
  assert.deepEqual(await tracesOf(world, ids), []);
  assert.ok(await restProves(world));
  const [record] = await readChain(world.hdfs);
  assert.ok(!JSON.stringify(record).includes(ids[0]!));
});

test('a copy of a forgotten detection that comes later is a copy', async () => {
  const world = copy();
  await forgetting(world);
  const sighting = SIGHTINGS.find(isOfCamera)!;
  sendSighting(world, sighting, START + 4 * HOUR_MS + 60_000);
  world.tickStamp = START + 5 * HOUR_MS + 1_000;
  const { reports } = await publishEpochs(contextOf(world, inNewProcess()), {
    from: null,
    to: (LAST_HOUR + 1) as Epoch,
  });
  assert.deepEqual([reports[0]!.tallies.new, reports[0]!.tallies.copies], [0, 1]);
  assert.equal(reports[0]!.conflicts.count, 0);
});

test('what a compacting merged and kept is forgotten too', async () => {
  const world = copy();
  world.horizon = { ...world.horizon!, graceMs: 600_000 };
  await withLakeLock(contextOf(world, inNewProcess()), (locked, lease) =>
    compact(locked, lease, { belowBytes: 1_000_000, now: Date.now() }),
  );
  const gone = SIGHTINGS.filter(isOfCamera).map(({ id }) => id);
  await forgetting(world);
  assert.deepEqual(await tracesOf(world, gone), []);
  assert.deepEqual(
    [...world.hdfs.files.keys()].filter((path) => path.includes('_retired')),
    [],
  );
  assert.ok(await restProves(world));
  const records = await readChain(world.hdfs);
  assert.deepEqual(
    records.map(({ kind }) => kind),
    ['compact', 'forget'],
  );
  const run = await readRun(world.hdfs, nameOf(FIRST_HOUR as Epoch, HOURLY_RULES));
  assert.deepEqual(
    run!.changes.map(({ change }) => change),
    [1, 2],
  );
});

test('a worker that has not passed the horizon holds a forgetting up', async () => {
  const world = copy();
  world.progress = world.progress.map((_, partition) => ({
    ...{ partition, nextOffset: 1, arrival: START as Instant },
    tallies: { new: 0, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0, dead_letters_by_reason: {} },
  }));
  await assert.rejects(forgetting(world), /would write forgotten rows again/);
});

for (const takesCounts of [false, true]) {
  for (const point of [...CRASH_POINTS.change, ...(takesCounts ? CRASH_POINTS.recount : [])]) {
    const what = takesCounts ? 'a forgetting with counts' : 'a forgetting';
    test(`killed at ${point}, ${what} ends as if nothing had happened`, async () => {
      const [world, yardstick] = [copy(), copy()];
      const wanted = { ...CAMERA, takesCounts };
      await forgetting(yardstick, wanted);
      let strikes = 0;
      const isOnce = /_done|_declared|_prepared|_announced|_recounted/.test(point);
      const mayCrashAt = (at: string): void => {
        if (at === point && ++strikes === (isOnce ? 1 : 2)) throw new Crash(point);
      };
      await assert.rejects(forgetting(world, wanted, { mayCrashAt }), Crash);
      world.lease = null;
      await forgetting(world, wanted);
      assert.deepEqual(await stateOf(world), await stateOf(yardstick));
      assert.deepEqual([...world.rows].sort(), [...yardstick.rows].sort());
      assert.equal(world.forgetting!.isUnderWay, false);
    });
  }
}
