/**
 * Epochs through Spark on the real stack, by the command that an operator gives: on Spark's own cluster, and within
 * spark-submit and on YARN when SIGHTLINE_SPARK_MASTERS names them (`npm run test:spark`). Spark reads and writes HDFS
 * itself.
 *
 * DuckDB reconciles each epoch in a dry run first; then Spark publishes it, and the reports are held against each other
 * number by number. DuckDB computes the published epoch again from the log, row by row; last it rebuilds all of them
 * from the raw files, which must give the same hashes.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { Rebuilt } from '../../batch-layer/generations/rebuild.ts';
import type { Draft } from '../../batch-layer/report/report.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { reprocess } from '../../batch-layer/run/reprocess.ts';
import { dryRun } from '../../batch-layer/run/run.ts';
import { nextEpoch, horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { batchWorld, feed, openBatchOf } from '../support/batch-world.ts';
import { sightline } from '../support/main-job.ts';
import { mastersAsked, openMaster, sparkHome } from '../support/spark-masters.ts';

const EPOCH_SECONDS = 10;
const masters = mastersAsked('standalone');
let world: BatchWorld;
let batch: OpenBatch;
let fed: Feed;
/** Of every published epoch, in order. */
const rows: number[] = [];

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '0', BATCH_MEMORY_MB: '1024' });
  batch = await openBatchOf(world.config);
  fed = await feed(world.config);
  // An epoch for each master, one before them and one after, all with records.
  await pause((masters.length + 1.5) * EPOCH_SECONDS * 1_000);
  await fed.stop();
  // The first epoch with DuckDB, so that Spark has earlier rows to look at.
  const { context } = batch;
  const first = nextEpoch(await horizonOf(context), context.rules);
  await publishEpochs(context, { from: first, to: first }, (report) => void rows.push(report.rows));
});

after(async () => {
  await fed.stop();
  await batch.close();
  await world.drop();
});

/** The epoch behind the horizon, when it is over. */
async function nextOver(): Promise<Epoch> {
  const { context } = batch;
  const epoch = nextEpoch(await horizonOf(context), context.rules);
  await pause(Math.max(0, endOf(epoch, context.rules) - Date.now()) + 300);
  return epoch;
}

/** What both engines must say alike. */
function told(draft: Draft): unknown {
  const {
    epoch,
    from,
    to,
    partitions,
    tallies,
    records,
    copies_of_earlier_epochs,
    conflicts,
    deferred,
    unknown_locations,
    rows,
    copies,
    late,
  } = draft;
  const sorted = partitions.map(({ speed_tallies_so_far: _, ...partition }) => partition);
  return {
    epoch,
    from,
    to,
    partitions: sorted,
    tallies,
    records,
    copies_of_earlier_epochs,
    conflicts,
    deferred,
    unknown_locations,
    rows,
    copies,
    late,
  };
}

function rowsByFolder(draft: Draft): [string, number][] {
  const sums = new Map<string, number>();
  for (const { path, rows } of draft.files) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    sums.set(folder, (sums.get(folder) ?? 0) + rows);
  }
  return [...sums].sort();
}

for (const name of masters) {
  let computed: Draft;
  let published: RunReport;

  test(
    `Spark publishes an epoch, submitted to ${name}, and the report says what DuckDB says`,
    { timeout: 600_000 },
    async () => {
      const { context } = batch;
      const epoch = await nextOver();
      computed = await dryRun(context, await horizonOf(context), epoch);
      const master = await openMaster(name, await sparkHome());
      try {
        const run = await sightline(['batch', 'run', '--engine', 'spark', '--epoch', computed.epoch, '--json'], {
          ...world.environment,
          ...master.environment,
        });
        assert.equal(run.code, 0);
        published = JSON.parse(run.stdout) as RunReport;
        rows.push(published.rows);
      } finally {
        await master.close();
      }
      assert.ok(published.rows > 0);
      assert.ok(published.tallies.copies > 0);
      assert.equal(published.engine, 'spark');
      assert.deepEqual(told(published), told(computed));
      assert.deepEqual(rowsByFolder(published), rowsByFolder(computed), 'places of files');
    },
  );

  test(`the rows that Spark published by ${name} are those that DuckDB finds in the log`, async () => {
    const found = await reprocess(batch.context, published.epoch_number as Epoch);
    assert.deepEqual(
      [found.only_published, found.only_computed, found.rows, found.altered_files],
      [0, 0, published.rows, []],
    );
  });
}

test('the next epoch knows the ids that Spark has first met', async () => {
  const epoch = await nextOver();
  const { reports } = await publishEpochs(
    batch.context,
    { from: epoch, to: epoch },
    (report) => void rows.push(report.rows),
  );
  assert.equal(reports[0]!.engine, 'duckdb');
  assert.ok(reports[0]!.records > 0);
});

test(
  'DuckDB rebuilds from the archive what Spark published, with the same hash for every epoch',
  { timeout: 300_000 },
  async () => {
    const { code, stdout } = await sightline(['batch', 'rebuild', '--no-switch', '--json'], world.environment);
    assert.equal(code, 0);
    const rebuilt = JSON.parse(stdout) as Rebuilt;
    assert.deepEqual(
      [rebuilt.different, rebuilt.epochs, rebuilt.rows],
      [[], masters.length + 2, rows.reduce((a, b) => a + b, 0)],
    );
  },
);
