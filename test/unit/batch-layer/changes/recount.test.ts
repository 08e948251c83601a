/**
 * A forgetting that takes counts: every level of the batch view and the files of top items count what is left, neither
 * more nor less (law L4). forget.test.ts kills it at each step.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFile } from 'node:fs/promises';
import type { Forgetting } from '../../../../batch-layer/changes/forget.ts';
import type { Wanted } from '../../../../batch-layer/changes/wanted.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Oid } from '../../../../core/domain/oid.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { Sighting } from '../../../support/hourly-world.ts';
import { LAKE } from '../../../../core/layout/lake.ts';
import { readChain } from '../../../../core/stores/lake/changes.ts';
import { openDuck } from '../../../../core/stores/lake/duckdb.ts';
import { forget, planForgetting } from '../../../../batch-layer/changes/forget.ts';
import { wantedIds } from '../../../../batch-layer/changes/wanted.ts';
import { withLakeLock } from '../../../../batch-layer/lock/lake-lock.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { stateOf } from '../../../support/filled-world.ts';
import { FIRST_HOUR, HOUR_MS, LAST_HOUR, publishedHours, SIGHTINGS, START } from '../../../support/hourly-world.ts';
import { sharedWorld } from '../../../support/shared-world.ts';

const { copy, inNewProcess, newFile } = sharedWorld((process) => publishedHours(process()));

/** The first half hour of camera 8. */
const CAMERA: Wanted = {
  order: { by: 'camera', camera: '8', from: START, to: START + HOUR_MS / 2 },
  ...{ ids: [], takesCounts: true },
};
const isOfCamera = ({ camera, at }: Sighting): boolean => camera === 8 && at < START + HOUR_MS / 2;

function forgetting(world: World, wanted: Wanted): Promise<Forgetting | null> {
  return withLakeLock(contextOf(world, inNewProcess()), (locked, lease) => forget(locked, lease, wanted));
}

async function restProves(world: World): Promise<boolean> {
  for (let epoch = FIRST_HOUR as Epoch; epoch <= LAST_HOUR; epoch = (epoch + 1) as Epoch)
    if (!isSame(await reprocess(contextOf(world, inNewProcess()), epoch))) return false;
  return true;
}

/** The counts of what is left, counted anew. */
function countsOf(sightings: readonly Sighting[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { location, at } of sightings) {
    const minute = Math.floor(at / 60_000);
    const hour = Math.floor(minute / 60);
    for (const cell of [`place_item/${location}/van`, 'item//van', `place/${location}/`, 'total//']) {
      const key = `${hour} ${cell} ${minute % 60}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** All epochs together, without groups. */
function countsIn(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key, count] of world.batchCells) {
    const [, hour, cell] = /^\d+\/(\d+)\/\w+ (.*)$/s.exec(key)!;
    counts.set(`${hour} ${cell}`, (counts.get(`${hour} ${cell}`) ?? 0) + count);
  }
  return counts;
}

async function topItemsIn(world: World): Promise<string[]> {
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: newFile() });
  const found = new Map<string, number>();
  for (const [path, bytes] of world.hdfs.files) {
    if (!path.startsWith(`${LAKE}/top_items/`)) continue;
    const local = `${newFile()}.parquet`;
    await writeFile(local, bytes);
    for (const row of await duck.rows(`SELECT * FROM '${local}'`)) {
      const key = `${String(row.hour)} ${String(row.geographical_location_oid)} ${String(row.item_name)}`;
      found.set(key, (found.get(key) ?? 0) + Number(row.detections));
    }
  }
  duck.close();
  return [...found].map(([key, count]) => `${key} ${count}`).sort();
}

test('with --counts the counts are those of what is left, in every level and in the files of top items', async () => {
  const world = copy();
  const left = SIGHTINGS.filter((sighting) => !isOfCamera(sighting));
  assert.deepEqual([...countsIn(world)].sort(), [...countsOf(SIGHTINGS)].sort());
  const planned = await planForgetting(contextOf(world, inNewProcess()), CAMERA);
  const done = await forgetting(world, CAMERA);
  assert.equal(done!.counts!.detections, SIGHTINGS.length - left.length);
  assert.deepEqual(done!.counts, planned.counts);
  assert.deepEqual([...countsIn(world)].sort(), [...countsOf(left)].sort());
  const byHour = new Map<string, number>();
  for (const { location, at } of left) {
    const key = `${Math.floor(at / HOUR_MS) % 24} ${location} van`;
    byHour.set(key, (byHour.get(key) ?? 0) + 1);
  }
  assert.deepEqual(await topItemsIn(world), [...byHour].map(([key, count]) => `${key} ${count}`).sort());
  assert.ok(await restProves(world));
  const [record] = await readChain(world.hdfs);
  assert.equal(record!.takes_counts, true);
  assert.equal(
    record!.epochs.reduce((sum, { counts_removed: n }) => sum + (n ?? 0), 0),
    done!.counts!.detections,
  );
});

test('an earlier forgetting whose counts stayed keeps them when another one takes its own', async () => {
  const world = copy();
  const kept = SIGHTINGS.filter(isOfCamera)[0]!;
  await forgetting(world, wantedIds([kept.id as Oid]));
  await forgetting(world, CAMERA);
  const left = SIGHTINGS.filter((sighting) => !isOfCamera(sighting) || sighting === kept);
  assert.deepEqual([...countsIn(world)].sort(), [...countsOf(left)].sort());
});

test('counts do not go while the speed view holds an epoch of them, or where the view counts less than the lake has', async () => {
  const world = copy();
  const { horizon } = world;
  world.horizon = { ...horizon!, graceMs: 600_000, keptUntil: (horizon!.publishedAt + 600_000) as Instant };
  world.progress = horizon!.cuts.map((nextOffset, partition) => ({
    ...{ partition, nextOffset, arrival: START as Instant },
    tallies: { new: 0, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0, dead_letters_by_reason: {} },
  }));
  const before_ = await stateOf(world);
  await assert.rejects(forgetting(world, CAMERA), /speed view still has epoch/);
  const other = copy();
  const [key] = [...other.batchCells.keys()].filter((one) => one.includes('place/2/'));
  other.batchCells.set(key!, 0);
  await assert.rejects(forgetting(other, CAMERA), /counts less than the lake has/);
  assert.deepEqual((await stateOf(world)).cells, before_.cells);
});
