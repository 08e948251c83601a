/**
 * What a rebuild left behind is removed, and only then: when the lake that holds is whole, and nothing that it or a
 * rebuild under way needs.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { dropOldGenerations } from '../../../../batch-layer/generations/drop.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { filled, FIRST } from '../../../support/filled-world.ts';

let folder: string;
let published: World;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-generations-'));
  published = filled();
  await publishEpochs(contextOf(published, folder), { from: FIRST as Epoch, to: (FIRST + 1) as Epoch });
  published.rules = { ...published.rules, generation: 3, ownFirstMet: true };
});
after(() => rm(folder, { recursive: true, force: true }));

const OLD = ['_generation-1/lake/raw/a.parquet', '_generation-2/lake/raw/a.parquet', '_generation-2/lake/b.parquet'];
const NEWER = '_generation-4/lake/raw/a.parquet';

/** Generation 3 holds; 1 and 2 left lakes and rows, and 4 is being rebuilt. */
function afterRebuilds(): World {
  published.hdfs.files.forEach((_, name) => void (/^_generation/.test(name) && published.hdfs.files.delete(name)));
  for (const name of [...OLD, NEWER]) published.hdfs.files.set(name, Buffer.from('ten bytes.'));
  published.oldRows.clear();
  for (const family of ['d', 'd2', 'd3', 'd4']) published.families!.add(family);
  for (const [generation, rows] of [
    [1, 5],
    [2, 7],
    [3, 9],
    [4, 2],
  ] as const)
    published.oldRows.set(generation, rows);
  return published;
}

const generationFiles = ({ hdfs }: World): string[] =>
  [...hdfs.files.keys()].filter((name) => name.startsWith('_generation'));
const drop = (world: World, isDryRun: boolean, graceMs = 0, checkLocks = async (): Promise<void> => undefined) => {
  const made = contextOf(world, folder);
  const rebuilding = async (): Promise<RecordedRules> => ({ ...world.rules, generation: 4 });
  const context = { ...made, control: { ...made.control, rebuilding } };
  world.horizon = { ...world.horizon!, graceMs };
  return dropOldGenerations(context, { isDryRun, now: 1_000, checkLocks });
};

test('a dry run says what would be removed, and removes nothing', async () => {
  const world = afterRebuilds();
  assert.deepEqual(await drop(world, true), [
    { generation: 1, rows: 5, folder: '_generation-1', files: 1, bytes: 10, firstMetFamily: 'd' },
    { generation: 2, rows: 7, folder: '_generation-2', files: 2, bytes: 20, firstMetFamily: 'd2' },
  ]);
  assert.deepEqual(generationFiles(world), [...OLD, NEWER]);
  assert.equal(world.oldRows.size, 4);
});

test('lakes and rows of older generations are removed; those of the current one and of a rebuild stay', async () => {
  const world = afterRebuilds();
  const lake = [...world.hdfs.files.keys()].filter((name) => name.startsWith('lake/'));
  assert.deepEqual(
    (await drop(world, false)).map(({ generation }) => generation),
    [1, 2],
  );
  assert.deepEqual(generationFiles(world), [NEWER]);
  assert.deepEqual([...world.oldRows.keys()], [3, 4]);
  assert.deepEqual([...world.families!].sort(), ['d3', 'd4'], 'first-met rows');
  assert.deepEqual(
    [...world.hdfs.files.keys()].filter((name) => name.startsWith('lake/')),
    lake,
  );
  assert.deepEqual(await drop(world, false), []);
});

test('within the grace after a switch nothing is removed', async () => {
  const world = afterRebuilds();
  assert.deepEqual(await drop(world, false, 5_000), []);
  assert.deepEqual(generationFiles(world), [...OLD, NEWER]);
});

for (const [what, which] of [
  ['a file of the lake', /^lake\/detections\//],
  ['a raw file', /^lake\/raw\//],
  ['a manifest', /^lake\/_runs\/[^_]/],
] as const) {
  test(`nothing older goes while ${what} is missing from the lake that holds`, async () => {
    const world = afterRebuilds();
    const name = [...world.hdfs.files.keys()].find((path) => which.test(path))!;
    const bytes = world.hdfs.files.get(name)!;
    world.hdfs.files.delete(name);
    await assert.rejects(
      drop(world, false),
      (fault: { exitCode?: number; message: string }) =>
        fault.exitCode === 4 && /^The current lake is incomplete: /.test(fault.message),
    );
    world.hdfs.files.set(name, bytes);
    assert.deepEqual(generationFiles(world), [...OLD, NEWER]);
    assert.equal(world.oldRows.size, 4);
  });
}

test('a prune that is killed between any two operations is finished by the next one', async () => {
  for (let budget = 0; ; budget++) {
    const world = afterRebuilds();
    world.hdfs.budget = budget;
    const whole = await drop(world, false).then(
      () => true,
      () => false,
    );
    world.hdfs.budget = Infinity;
    await drop(world, false);
    assert.deepEqual(generationFiles(world), [NEWER]);
    assert.deepEqual([...world.oldRows.keys()], [3, 4]);
    assert.deepEqual([...world.families!].sort(), ['d3', 'd4']);
    if (whole) return;
  }
});

test('a drop that has lost its locks removes nothing', async () => {
  const world = afterRebuilds();
  const lost = async (): Promise<void> => {
    throw new Error('lost');
  };
  await assert.rejects(drop(world, false, 0, lost), /lost/);
  assert.deepEqual(generationFiles(world), [...OLD, NEWER]);
  assert.equal(world.oldRows.size, 4);
});
