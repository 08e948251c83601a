/**
 * An epoch through Spark on the real stack: Spark reads and writes HDFS itself, and what is published is what DuckDB finds.
 *
 * DuckDB reconciles the epoch in a dry run first; then Spark publishes it, and the reports are held against each other number by
 * number; last DuckDB computes the published epoch again from the log and compares row by row.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { RunReport } from '../../core/stores/runs.ts';
import type { OpenBatch } from '../../batch-layer/open.ts';
import type { Draft } from '../../batch-layer/report.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { horizonOf, publishAsked } from '../../batch-layer/lake.ts';
import { reprocess } from '../../batch-layer/reprocess.ts';
import { dryRun } from '../../batch-layer/run.ts';
import { nextEpoch } from '../../batch-layer/seam.ts';
import { sparkSettings } from '../../batch-layer/spark/settings.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { batchWorld, feed, openBatchOf } from '../support/batch-world.ts';

let world: BatchWorld;
let batch: OpenBatch;
let computed: Draft;
let published: RunReport;

before(async () => {
  const submit = await ensureSpark();
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '0', SPARK_MASTER: 'local[2]', BATCH_MEMORY_MB: '1024' });
  batch = await openBatchOf(world.config);
  const fed = await feed(world.config);
  await pause(25_000);
  await fed.stop();
  const { context } = batch;
  // The first epoch with DuckDB, so that Spark has earlier rows to look at.
  const first = nextEpoch(await horizonOf(context), context.rules);
  await publishAsked(context, { from: first, to: first });
  const horizon = await horizonOf(context);
  const epoch = nextEpoch(horizon, context.rules);
  await pause(Math.max(0, endOf(epoch, context.rules) - Date.now()) + 300);
  computed = await dryRun(context, horizon, epoch);
  const spark = { ...(await sparkSettings(world.config)), submit };
  const inSpark = { ...context, settings: { ...context.settings, spark } };
  published = (await publishAsked(inSpark, { from: epoch, to: epoch as Epoch })).reports[0]!;
});

after(async () => {
  await batch.close();
  await world.drop();
});

test('the report says the same from both engines', () => {
  const same = (draft: Draft) => {
    const { epoch, from, to, partitions, tallies, records, copies_of_earlier_epochs, conflicts, deferred, unknown_locations, rows, copies, late } = draft;
    const sorted = partitions.map(({ speed_tallies_so_far: _, ...partition }) => partition);
    return { epoch, from, to, partitions: sorted, tallies, records, copies_of_earlier_epochs, conflicts, deferred, unknown_locations, rows, copies, late };
  };
  assert.ok(published.rows > 0);
  assert.ok(published.tallies.copies > 0);
  assert.equal(published.engine, 'spark');
  assert.deepEqual(same(published), same(computed));
});

test('the files have the places that DuckDB would give them', () => {
  const rowsByFolder = (draft: Draft) => {
    const sums = new Map<string, number>();
    for (const { path, rows } of draft.files) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      sums.set(folder, (sums.get(folder) ?? 0) + rows);
    }
    return [...sums].sort();
  };
  assert.deepEqual(rowsByFolder(published), rowsByFolder(computed));
});

test('what Spark published is what DuckDB finds in the log, row by row', async () => {
  const found = await reprocess(batch.context, published.epoch_number as Epoch);
  assert.deepEqual([found.only_published, found.only_computed, found.rows], [0, 0, published.rows]);
});

test('published files lie in HDFS with the bytes that the manifest says', async () => {
  for (const { path, sha256 } of published.files) assert.equal(await batch.context.hdfs.sha256(path), sha256, path);
});

test('the next epoch knows what Spark met', async () => {
  const { context } = batch;
  const epoch = nextEpoch(await horizonOf(context), context.rules);
  await pause(Math.max(0, endOf(epoch, context.rules) - Date.now()) + 300);
  const { reports } = await publishAsked(context, { from: epoch, to: epoch });
  assert.equal(reports[0]!.engine, 'duckdb');
  assert.ok(reports[0]!.records > 0);
});
