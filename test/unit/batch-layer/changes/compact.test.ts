/**
 * Compacting leaves every row as it is and fewer files; readers without a lock see the files of before or those of
 * after, whatever step a process dies at (law L9).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { CompactedDay } from '../../../../batch-layer/changes/compact.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { World } from '../../../support/batch-doubles.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { dateOf } from '../../../../core/domain/time.ts';
import { LAKE } from '../../../../core/layout/lake.ts';
import { readChain } from '../../../../core/stores/lake/changes.ts';
import { dayFiles } from '../../../../core/stores/lake/day-files.ts';
import { lakeListing } from '../../../../core/stores/lake/lake-listing.ts';
import { readRun } from '../../../../core/stores/lake/runs.ts';
import { compact } from '../../../../batch-layer/changes/compact.ts';
import { withLakeLock } from '../../../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { stateOf } from '../../../support/filled-world.ts';
import { Crash } from '../../../support/hdfs-double.ts';
import { FIRST_HOUR, HOUR_MS, HOURLY_RULES, LAST_HOUR, publishedHours, START } from '../../../support/hourly-world.ts';
import { sharedWorld } from '../../../support/shared-world.ts';

const SMALL = 1_000_000;
const { copy, inNewProcess, newFile } = sharedWorld((process) => publishedHours(process()));

function compacting(
  world: World,
  hooks: Partial<Pick<BatchContext, 'mayCrashAt'>> = {},
  now = Date.now(),
): Promise<CompactedDay[]> {
  return withLakeLock(contextOf(world, inNewProcess(), hooks), (locked, lease) =>
    compact(locked, lease, { belowBytes: SMALL, now }),
  );
}

const detectionsOf = (world: World): string[] =>
  [...world.hdfs.files.keys()].filter((path) => path.startsWith(`${LAKE}/detections/`)).sort();

async function sameAsPublished(world: World): Promise<boolean> {
  for (let epoch = FIRST_HOUR as Epoch; epoch <= LAST_HOUR; epoch = (epoch + 1) as Epoch)
    if (!isSame(await reprocess(contextOf(world, inNewProcess()), epoch))) return false;
  return true;
}

test('closed hours have one file each afterwards, with the same rows, and every epoch still proves itself', async () => {
  const world = copy();
  const { rows } = await stateOf(world);
  const before_ = detectionsOf(world);
  const days = await compacting(world);
  assert.ok(days.reduce((sum, day) => sum + day.replaced.files, 0) >= 5);
  const closed = detectionsOf(world).filter((path) => path.includes(hourFolder(0)) || path.includes(hourFolder(1)));
  assert.equal(closed.length, 2);
  assert.ok(detectionsOf(world).length < before_.length);
  assert.deepEqual((await stateOf(world)).rows, rows);
  assert.ok(await sameAsPublished(world));
  const [record] = await readChain(world.hdfs);
  assert.equal(record!.kind, 'compact');
  const run = await readRun(world.hdfs, nameOf(FIRST_HOUR as Epoch, HOURLY_RULES));
  assert.deepEqual(
    run!.changes.map(({ change }) => change),
    [1],
  );
  assert.deepEqual(await compacting(world), []);
});

test('the days of the lake count a file of several epochs once', async () => {
  const world = copy();
  const listing = lakeListing(world.hdfs);
  const sum = async (of: 'rows' | 'files'): Promise<number> =>
    (await listing.days()).reduce((all, day) => all + day[of], 0);
  const [rows, files] = [await sum('rows'), await sum('files')];
  await compacting(world);
  assert.equal(await sum('rows'), rows);
  assert.ok((await sum('files')) < files);
  assert.equal(await sum('files'), detectionsOf(world).length);
});

test('replaced files are kept for the grace, and the next compacting removes them', async () => {
  const world = copy();
  world.horizon = { ...world.horizon!, graceMs: 60_000 };
  const retired = (): number =>
    [...world.hdfs.files.keys()].filter((path) => path.startsWith(`${LAKE}/_retired/`)).length;
  await compacting(world);
  assert.ok(retired() > 0);
  await compacting(world, {}, Date.now() + 59_000);
  assert.ok(retired() > 0);
  await compacting(world, {}, Date.now() + 61_000);
  assert.equal(retired(), 0);
});

for (const point of CRASH_POINTS.change) {
  test(`killed at ${point}, a compacting ends as if nothing had happened, and readers see one set meanwhile`, async () => {
    const [world, yardstick] = [copy(), copy()];
    await compacting(yardstick);
    const rows = await rowsSeen(world);
    let strikes = 0;
    const mayCrashAt = (at: string): void => {
      // The second file of a step that has several: half of it is done.
      if (at === point && ++strikes === (/_done|_declared|_prepared|_announced|_recounted/.test(point) ? 1 : 2))
        throw new Crash(point);
    };
    await assert.rejects(compacting(world, { mayCrashAt }), Crash);
    assert.deepEqual(await rowsSeen(world), rows);
    world.lease = null;
    await compacting(world);
    const [now, wanted] = [await stateOf(world), await stateOf(yardstick)];
    assert.deepEqual({ ...now, files: [] }, { ...wanted, files: [] });
    assert.deepEqual(
      now.files.filter((path) => !path.includes('/_retired/')),
      wanted.files.filter((path) => !path.includes('/_retired/')),
    );
  });
}

test('a reader that has listed files before a compacting reads them after it, and a run goes on publishing', async () => {
  const world = copy();
  const files = dayFiles(world.hdfs);
  const listed = await files.below(`${LAKE}/detections/dt=${dateOf(START)}`);
  await compacting(world);
  for (const file of listed) await files.download(file, newFile());
  world.tickStamp = START + 5 * HOUR_MS + 1_000;
  await publishEpochs(contextOf(world, inNewProcess()), { from: null, to: (LAST_HOUR + 1) as Epoch });
  assert.equal(world.horizon!.epoch, LAST_HOUR + 1);
});

const hourFolder = (hour: number): string =>
  `dt=${dateOf(START + hour * HOUR_MS)}/hour=${new Date(START + hour * HOUR_MS).toISOString().slice(11, 13)}/`;

/** Rows that a reader without a lock sees, by their ids. */
async function rowsSeen(world: World): Promise<string[]> {
  const files = dayFiles(world.hdfs);
  const seen: Map<string, Buffer> = new Map();
  for (const { path } of await world.hdfs.list(`${LAKE}/detections`))
    for (const file of await files.below(path)) {
      const bytes = world.hdfs.files.get(file.path) ?? world.hdfs.files.get(file.staged ?? '');
      assert.ok(bytes, file.path);
      seen.set(file.path, bytes);
    }
  const hdfs = {
    ...world.hdfs,
    files: new Map([...world.hdfs.files].filter(([path]) => !path.startsWith(`${LAKE}/detections/`)).concat([...seen])),
  };
  return (
    await stateOf({
      ...world,
      hdfs: {
        ...world.hdfs,
        files: hdfs.files,
        download: async (path, local) => copyOut(hdfs.files.get(path)!, local),
      },
    })
  ).rows;
}

async function copyOut(bytes: Buffer, local: string): Promise<void> {
  const { mkdir, writeFile } = await import('node:fs/promises');
  await mkdir(join(local, '..'), { recursive: true });
  await writeFile(local, bytes);
}
