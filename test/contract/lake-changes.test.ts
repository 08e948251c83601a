/**
 * Changes of the lake on the real HDFS, with its table: whatever step a compacting or a forgetting is killed at,
 * readers see the rows of before or those of after, and the next process ends it (law L9). A table that is made anew,
 * and that of a rebuilt lake, say the same, also if their making is killed.
 *
 * The detections are of three hours ago, so that their hours are closed. Readers hold no lock: they go by the folders
 * and the newest change, as serving does, and by the table. Uses a topic, a namespace and a folder of its own.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { BatchContext } from '../../batch-layer/context.ts';
import type { CompactedDay } from '../../batch-layer/changes/compact.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import type { LakeReader } from '../support/lake-states.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { compact } from '../../batch-layer/changes/compact.ts';
import { forget, planForgetting } from '../../batch-layer/changes/forget.ts';
import { horizonOf, nextEpoch } from '../../batch-layer/epochs/next-epochs.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../batch-layer/run/reprocess.ts';
import { CRASH_POINTS } from '../../batch-layer/steps.ts';
import { batchWorld, feed, openBatchOf } from '../support/batch-world.ts';
import { lakeReader } from '../support/lake-states.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { meanwhile } from '../support/meanwhile.ts';
import { tableState } from '../support/table-state.ts';

const EPOCHS_WITH_ROWS = 3;
const BEHIND_MS = 3 * HOUR_MS;
const PLACE = '5';
const beganAt = Date.now();
/** Each in its turn: what one leaves behind, the next process comes past. */
const POINTS = CRASH_POINTS.change.flatMap((point): string[] =>
  point === 'change_put_in_place' ? [point, 'table_prepared', 'table_kept'] : [point],
);

/** Of its runs some, of the switch all. What one leaves behind, the next one comes past. */
const REBUILD_POINTS = ['staged', 'published', 'table_kept', ...CRASH_POINTS.rebuild];

let world: BatchWorld;
let batch: OpenBatch;
let reader: LakeReader;
/** Every id, sorted. */
let ids: string[];

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '0', PRUNE_GRACE_SECONDS: '0' });
  batch = await openBatchOf(world.config);
  const fed = await feed(world.config, { behindMs: BEHIND_MS });
  for (let epochs = 0; epochs < EPOCHS_WITH_ROWS;) if ((await publishNext()) > 0) epochs += 1;
  await fed.stop();
  const stoppedAt = Date.now();
  // A stray comes home an epoch later.
  for (let rows = 1, end = 0; rows > 0 || end < stoppedAt;) {
    rows = await publishNext();
    end = endOf((await horizonOf(batch.context))!.epoch, batch.context.rules);
  }
  ids = [...fed.ids].sort();
  reader = await lakeReader(batch.context.hdfs);
});

after(async () => {
  await reader.close();
  await batch.close();
  await world.drop();
});

async function publishNext(): Promise<number> {
  const { context } = batch;
  const epoch = nextEpoch(await horizonOf(context), context.rules);
  await pause(Math.max(0, endOf(epoch, context.rules) - Date.now()) + 300);
  const { reports } = await publishEpochs(context, { from: epoch, to: epoch });
  return reports[0]!.rows + reports[0]!.strays_forwarded;
}

const compacting = (context: BatchContext): Promise<CompactedDay[]> =>
  withLakeLock(context, (locked, lease) => compact(locked, lease, { belowBytes: 2 ** 20, now: Date.now() }));

async function checkLake(wanted: readonly string[]): Promise<void> {
  assert.deepEqual(await reader.fromFolders(), wanted);
  assert.deepEqual(await reader.fromTable(), wanted);
  const { context } = batch;
  const snapshots = await tableState(context.hdfs);
  assert.ok(snapshots.every(({ isTagged }) => isTagged));
  assert.equal(snapshots.at(-1)!.rows, wanted.length);
  assert.deepEqual(
    snapshots.at(-1)!.files,
    (await context.hdfs.walk('lake/detections')).map(({ path }) => path).sort(),
  );
  assert.deepEqual(await context.hdfs.list('lake/_changing'), []);
  const last = (await horizonOf(context))!.epoch;
  for (let epoch = context.rules.firstEpoch as Epoch; epoch <= last; epoch = (epoch + 1) as Epoch)
    assert.ok(isSame(await reprocess(context, epoch)), String(epoch));
}

test('a compacting that is killed at each step in turn is ended by the last one, and readers have every row meanwhile', async () => {
  const files = (await batch.context.hdfs.walk('lake/detections')).length;
  for (const point of POINTS) {
    assert.equal(await killedAt(point, 'compact'), 'SIGKILL', point);
    assert.deepEqual(await reader.fromFolders(), ids, point);
    assert.deepEqual((await reader.fromTable()) ?? ids, ids, point);
  }
  assert.deepEqual(await compacting(batch.context), []);
  assert.ok((await batch.context.hdfs.walk('lake/detections')).length < files);
  await checkLake(ids);
});

test('a forgetting that is killed at each step in turn is ended by the last one, and readers never see half of it', async () => {
  const times = { from: beganAt - BEHIND_MS - 60_000, to: Date.now() };
  const wanted = { order: { by: 'location', location: PLACE, ...times } satisfies ForgetOrder, ids: [] };
  const { detections } = await planForgetting(batch.context, wanted);
  assert.ok(detections > 10);
  const states = new Map<string, readonly string[]>();
  const see = (found: readonly string[] | null): void => void (found && states.set(found.join(), found));
  const read = async (): Promise<void> => {
    see(await reader.fromFolders());
    see(await reader.fromTable());
    await pause(100);
  };
  await meanwhile(read, async () => {
    for (const point of POINTS) assert.equal(await killedAt(point, 'forget', wanted.order), 'SIGKILL', point);
    await withLakeLock(batch.context, (locked, lease) => forget(locked, lease, wanted));
  });
  const left = (await reader.fromFolders())!;
  assert.equal(left.length, ids.length - detections);
  assert.deepEqual([...states.values()], [ids, left]);
  await checkLake(left);
  // Bounds of columns in old manifests may be values of rows that are gone.
  const metadata = (await batch.context.hdfs.list('lake/_tables/detections/metadata')).map(({ path }) => path);
  const newest = (await tableState(batch.context.hdfs)).length;
  assert.ok(metadata.filter((path) => path.includes('-list-')).length <= newest, metadata.join('\n'));
  ids = left;
});

function killedAt(point: string, what: string, order?: ForgetOrder): Promise<NodeJS.Signals | null> {
  const ordered = order ? [JSON.stringify(order)] : [];
  const arguments_ = ['--import', 'tsx', 'test/support/change-child.ts', point, what, ...ordered];
  const environment = { cwd: ROOT, env: world.environment };
  const child = spawn(process.execPath, arguments_, { ...environment, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
}

test('a table that is made anew says the same, also if its making is killed', async () => {
  const { context } = batch;
  const before_ = await tableState(context.hdfs);
  for (const point of ['table_prepared', 'table_kept']) {
    assert.equal(await killedAt(point, 'table'), 'SIGKILL', point);
    assert.deepEqual(await tableState(context.hdfs), before_);
  }
  assert.equal((await sightline(['batch', 'table', '--anew'], world.environment)).code, 0);
  assert.deepEqual(await tableState(context.hdfs), before_);
  assert.equal((await sightline(['batch', 'table'], world.environment)).code, 3);
  await checkLake(ids);
});

test('a rebuild that is killed at each step is ended by the next one, and has a table of its own', async () => {
  for (const point of REBUILD_POINTS) assert.equal(await killedAt(point, 'rebuild'), 'SIGKILL', point);
  const { code, stderr } = await sightline(['batch', 'rebuild'], world.environment);
  assert.equal(code, 0, stderr);
  await batch.close();
  batch = await openBatchOf(world.config);
  assert.equal(batch.context.rules.generation, 2);
  await reader.close();
  reader = await lakeReader(batch.context.hdfs);
  await checkLake(ids);
  assert.equal((await sightline(['batch', 'table'], world.environment)).code, 3);
});
