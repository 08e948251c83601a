/**
 * The Iceberg table over the lake has one snapshot for each published epoch, with exactly the files of the lake, after
 * changes too, and is made again when it was switched off, lost or written by another program (law L9).
 *
 * What other readers make of it is in test/contract/lake-pandas.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Wanted } from '../../../../batch-layer/changes/wanted.ts';
import type { Addition } from '../../../../batch-layer/table/snapshots.ts';
import type { TableFile } from '../../../../batch-layer/table/files.ts';
import type { World } from '../../../support/batch-doubles.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { LAKE } from '../../../../core/layout/lake.ts';
import { readRun } from '../../../../core/stores/lake/runs.ts';
import { compact } from '../../../../batch-layer/changes/compact.ts';
import { forget } from '../../../../batch-layer/changes/forget.ts';
import { withLakeLock } from '../../../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { longBound } from '../../../../batch-layer/table/bounds.ts';
import { historyOf, MOST_SNAPSHOTS } from '../../../../batch-layer/table/history.ts';
import { METADATA, metadataFile, newestVersion, readTable } from '../../../../batch-layer/table/metadata.ts';
import { filesOf, withSnapshots } from '../../../../batch-layer/table/snapshots.ts';
import { sweepTable } from '../../../../batch-layer/table/sweep.ts';
import { keepTable } from '../../../../batch-layer/table/table.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { hdfsDouble } from '../../../support/hdfs-double.ts';
import { FIRST_HOUR, HOUR_MS, HOURLY_RULES, LAST_HOUR, publishedHours } from '../../../support/hourly-world.ts';
import { sharedWorld } from '../../../support/shared-world.ts';
import { SIGHTINGS, START } from '../../../support/hourly-world.ts';
import { tableState } from '../../../support/table-state.ts';

const { original, copy, inNewProcess } = sharedWorld((process) => publishedHours(process()));
const checkLock = async (): Promise<void> => undefined;
const NAMES = [0, 1, 2, 3].map((hour) => nameOf((FIRST_HOUR + hour) as Epoch, HOURLY_RULES));

const contextFor = (world: World): BatchContext => contextOf(world, inNewProcess());

/** Files of detections that the manifests of these epochs name. */
async function filesUpTo(world: World, epoch: string): Promise<string[]> {
  const files = new Set<string>();
  for (const name of NAMES.filter((one) => one <= epoch))
    for (const { path } of (await readRun(world.hdfs, name))!.files)
      if (path.startsWith(`${LAKE}/detections/`)) files.add(path);
  return [...files].sort();
}

const compacting = (world: World) =>
  withLakeLock(contextFor(world), (locked, lease) => compact(locked, lease, { belowBytes: 1e6, now: Date.now() }));

test('each epoch is a snapshot with a tag of its name, which holds the files of the epochs up to it', async () => {
  const state = await tableState(original().hdfs);
  assert.deepEqual(
    state.map(({ epoch, isTagged }) => [epoch, isTagged]),
    NAMES.map((name) => [name, true]),
  );
  for (const { epoch, files } of state) assert.deepEqual(files, await filesUpTo(original(), epoch));
  assert.equal(state.at(-1)!.rows, SIGHTINGS.length);
});

test('a manifest bounds ids, numbers and times as its files hold them', async () => {
  const table = (await readTable(original().hdfs, await newestVersion(original().hdfs)))!;
  const entries = await filesOf(contextFor(original()), table, table.snapshots.at(-1)!);
  const least = (id: number): bigint =>
    entries
      .map(({ file }) => file.columns.find((column) => column.id === id)!.lower!.readBigInt64LE())
      .reduce((a, b) => (a < b ? a : b));
  assert.equal(least(3), BigInt(SIGHTINGS[0]!.id));
  assert.equal(least(5), BigInt(START));
  assert.equal(least(7), BigInt(START) * 1_000n);
  assert.deepEqual([...new Set(entries.map(({ file }) => file.hour))].sort(), [FIRST_HOUR, FIRST_HOUR + 1]);
  for (const { file } of entries) assert.equal(file.columns.find(({ id }) => id === 4)!.values, file.rows);
});

test('after a compacting the table holds the merged files, and no snapshot holds half of one', async () => {
  const world = copy();
  await compacting(world);
  const state = await tableState(world.hdfs);
  assert.ok(state.length < NAMES.length);
  const last = state.at(-1)!;
  assert.deepEqual([last.epoch, last.rows], [NAMES.at(-1), SIGHTINGS.length]);
  assert.deepEqual(last.files, await filesUpTo(world, last.epoch));
  assert.ok(last.files.every((path) => world.hdfs.files.has(path)));
});

test('after a forgetting nothing of the table knows the id any more', async () => {
  const world = copy();
  const [oldest] = SIGHTINGS;
  const wanted: Wanted = { order: { by: 'camera', camera: '8', from: START, to: START + HOUR_MS / 2 }, ids: [] };
  const bound = longBound(BigInt(oldest!.id));
  const knows = async (): Promise<boolean> => {
    const found: boolean[] = [];
    for (const [path, bytes] of world.hdfs.files)
      if (path.startsWith(METADATA) && path.includes('-files-')) {
        const { entriesIn } = await import('../../../../batch-layer/table/manifests.ts');
        const entries = await entriesIn(bytes, (url) => url);
        found.push(entries.some(({ file }) => file.columns.some(({ lower }) => lower?.equals(bound))));
      }
    return found.includes(true);
  };
  assert.equal(await knows(), true);
  await withLakeLock(contextFor(world), (locked, lease) => forget(locked, lease, wanted));
  assert.equal(await knows(), false);
  const state = await tableState(world.hdfs);
  assert.deepEqual(
    state.map(({ epoch }) => epoch),
    NAMES,
    'rewritten files are of one epoch each, so each epoch keeps its snapshot',
  );
  for (const { epoch, files } of state) assert.deepEqual(files, await filesUpTo(world, epoch));
});

for (const [what, damage] of [
  ['was switched off meanwhile', (world: World) => removeTable(world)],
  ['has a metadata file of another program', (world: World) => foreign(world)],
  ['has lost the list of its newest snapshot', (world: World) => loseLists(world)],
] as const) {
  test(`a table that ${what} is whole again after the next run`, async () => {
    const world = copy();
    damage(world);
    world.tickStamp = START + 5 * HOUR_MS + 1_000;
    await publishEpochs(contextFor(world), { from: null, to: (LAST_HOUR + 1) as Epoch });
    const state = await tableState(world.hdfs);
    assert.deepEqual(
      state.map(({ epoch }) => epoch),
      [...NAMES, nameOf((LAST_HOUR + 1) as Epoch, HOURLY_RULES)],
    );
    assert.deepEqual(state.at(-1)!.files, await filesUpTo(world, NAMES.at(-1)!));
    assert.equal(state.at(-1)!.rows, SIGHTINGS.length);
  });
}

function removeTable({ hdfs }: World): void {
  for (const path of [...hdfs.files.keys()]) if (path.startsWith(METADATA)) hdfs.files.delete(path);
}

function foreign({ hdfs }: World): void {
  hdfs.files.set(metadataFile(5), Buffer.from('{"format-version": 2, "snapshots": []}'));
}

function loseLists({ hdfs }: World): void {
  for (const path of [...hdfs.files.keys()]) if (path.includes('-list-')) hdfs.files.delete(path);
}

test('without LAKE_TABLE no run makes a table', async () => {
  const world = copy();
  removeTable(world);
  assert.equal(await keepTable({ ...contextFor(world), lakeTable: null }, LAST_HOUR, { checkLock }), null);
  assert.deepEqual(await tableState(world.hdfs), []);
});

test('a table that has every epoch stays as it is, and one that is made anew says the same', async () => {
  const world = copy();
  const before_ = await tableState(world.hdfs);
  const kept = await keepTable(contextFor(world), LAST_HOUR, { checkLock });
  assert.deepEqual([kept!.made, kept!.table.version], ['nothing', NAMES.length]);
  const anew = await keepTable(contextFor(world), LAST_HOUR, { checkLock, isAnew: true });
  assert.equal(anew!.made, 'anew');
  assert.deepEqual(await tableState(world.hdfs), before_);
});

test('whoever lost the lock commits nothing', async () => {
  const world = copy();
  removeTable(world);
  const lost = async (): Promise<void> => Promise.reject(new Error('the lock is lost'));
  await assert.rejects(keepTable(contextFor(world), LAST_HOUR, { checkLock: lost }), /the lock is lost/);
  assert.deepEqual(await tableState(world.hdfs), []);
});

// ---- long histories ------------------------------------------------------------------------------------------------

const file = (n: number): TableFile => ({
  ...{ path: `${LAKE}/detections/dt=2026-11-22/hour=10/${n}-0.parquet`, rows: 1, bytes: 10, hour: n },
  columns: [],
});

test('hundreds of snapshots keep their files in few manifests, and a sweep leaves what the snapshots need', async () => {
  const context = { ...contextFor(original()), hdfs: hdfsDouble() };
  const empty = { version: 0, uuid: 'u', url: 'hdfs://lake', generation: 1, sequence: 0, change: 0, snapshots: [] };
  const additions: Addition[] = Array.from({ length: 250 }, (_, n) => ({
    ...{ epoch: `e${n}`, publishedAt: n, files: [file(n)] },
  }));
  const grown = await withSnapshots(context, empty, additions);
  const { manifestsOf } = await import('../../../../batch-layer/table/snapshots.ts');
  assert.ok((await manifestsOf(context, grown, grown.snapshots.at(-1)!)).length < 60);
  for (const at of [0, 199, 200, 249]) {
    const entries = await filesOf(context, grown, grown.snapshots[at]!);
    assert.deepEqual(
      entries.map(({ file: { hour } }) => hour).sort((a, b) => a - b),
      [...Array(at + 1).keys()],
    );
  }
  const short = { ...grown, snapshots: grown.snapshots.slice(-20) };
  assert.ok((await sweepTable(context, short, { isAtOnce: true })) > 300);
  for (const snapshot of short.snapshots) assert.ok((await filesOf(context, short, snapshot)).length > 229);
});

test('epochs that share a merged file have one snapshot, and old ones beyond the limit are in the first', () => {
  const epochOf = ({ hour }: TableFile): Epoch => hour as Epoch;
  const files = Array.from({ length: 400 }, (_, n) => file(n));
  const history = historyOf(
    files,
    (one) => ({ oldest: (one.hour === 399 ? 390 : one.hour) as Epoch, newest: epochOf(one) }),
    { first: 0 as Epoch, upTo: 400 as Epoch },
  );
  const epochs = history.map(({ epoch }) => epoch as number);
  assert.equal(epochs[0], 400 - MOST_SNAPSHOTS + 1);
  assert.ok(!epochs.some((epoch) => epoch >= 390 && epoch < 399));
  assert.equal(history[0]!.files.length, epochs[0]! + 1);
  assert.equal(history.find(({ epoch }) => epoch === 399)!.files.length, 10);
  assert.deepEqual(history.at(-1), { epoch: 400, files: [] });
});
