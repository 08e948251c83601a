/**
 * The batch layer on the real Kafka, HBase and HDFS: epochs are published once and whole, the speed layer is proved or
 * repaired, and a run that is killed at any point leaves what the next one finishes (laws L3, L5, L8, L9).
 *
 * A feed sends detections, copies, strays and poison the whole time. Uses a topic, a namespace and a folder of its own
 * on the addresses of the environment, and removes them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { CountRow } from '../../core/stores/views/count-view.ts';
import type { SpeedRowWrite } from '../../core/stores/views/speed-view.ts';
import { endOf, nameOf } from '../../core/domain/epoch.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import { instant } from '../../core/domain/time.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { removeSpeedRow } from '../support/store-tables.ts';
import { listRuns, readRun } from '../../core/stores/lake/runs.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../batch-layer/run/reprocess.ts';
import { nextEpoch, horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { batchWorld, feed, openBatchOf, servingOf } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { meanwhile } from '../support/meanwhile.ts';
import { CRASH_POINTS } from '../../batch-layer/steps.ts';

let world: BatchWorld;
let batch: OpenBatch;
let fed: Feed;
let speed: ChildProcess | null = null;

before(async () => {
  // A run waits no longer than it must; the limit is that of a machine on which a worker needs a minute to begin.
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '0' });
  batch = await openBatchOf(world.config);
  speed = spawn(process.execPath, ['sightline.mjs', 'speed'], { cwd: ROOT, env: world.environment, stdio: 'ignore' });
  fed = await feed(world.config);
});

after(async () => {
  speed?.kill('SIGKILL');
  await fed.stop();
  await batch.close();
  await world.drop();
});

async function next(): Promise<Epoch> {
  const epoch = nextEpoch(await horizonOf(batch.context), batch.context.rules);
  const waitMs = endOf(epoch, batch.context.rules) - Date.now() + 300;
  if (waitMs > 0) await pause(waitMs);
  return epoch;
}

async function publish(epoch: Epoch): Promise<RunReport | undefined> {
  return (await publishEpochs(batch.context, { from: epoch, to: epoch })).reports[0];
}

test('an epoch is published, and the speed layer is proved by it', async () => {
  let report = await publish(await next());
  while (report!.records === 0) report = await publish(await next());
  assert.deepEqual(report!.comparison.unproven, []);
  assert.deepEqual(report!.comparison.differences.listed, []);
  assert.deepEqual(report!.comparison.tally_differences, []);
  assert.equal(report!.result, 'proved');
  assert.ok(report!.rows > 0);
  assert.equal(report!.strays_forwarded, 0);
  const names = await listRuns(batch.context.hdfs);
  assert.equal(names[0], report!.epoch);
  assert.deepEqual(await readRun(batch.context.hdfs, report!.epoch), report);
  for (const file of report!.files) assert.equal(await batch.context.hdfs.sha256(file.path), file.sha256);
});

/** The report lists no more ids of a cell. */
const LISTED_IDS = 100;

test('a row removed from the speed view and a detection counted twice are reported with ids, and repaired by publishing', async () => {
  const epoch = await next();
  const { context } = batch;
  // The epoch's end must be behind the speed layer, or it would write the cells again.
  for (let passed = false; !passed; await pause(200)) {
    const rows = await context.control.progress(1, [0, 1, 2]);
    passed = rows.every((row) => row !== null && row.arrival >= endOf(epoch, context.rules));
  }
  const rows: CountRow[] = [];
  await context.speedView.eachPlaceOf(epoch, ['minute_item'], (some) => rows.push(...some));
  const groupRow = ({ scope, partition, hour }: CountRow): string => `${groupOf(scope as Oid)} ${partition} ${hour}`;
  const removed = rows[0]!;
  const ofRemoved = rows.filter((row) => groupRow(row) === groupRow(removed));
  const twice = rows.find((row) => groupRow(row) !== groupRow(removed))!;
  await removeSpeedRow(
    world.config,
    { group: groupOf(removed.scope as Oid), hour: removed.hour, epoch },
    removed.partition,
  );
  await context.speedView.put([countedTwice(twice)]);
  const report = await publish(epoch);
  assert.equal(report!.result, 'repaired');
  const { count, listed } = report!.comparison.differences;
  assert.equal(count, ofRemoved.reduce((sum, { cells }) => sum + cells.length, 0) + 1);
  const more = listed.filter((difference) => difference.speed > difference.batch);
  assert.deepEqual(
    more.map((d) => [d.geographical_location_oid, d.partition, d.speed - d.batch, d.counted.length]),
    [[twice.scope, twice.partition, 1, Math.min(LISTED_IDS, more[0]!.batch)]],
  );
  for (const difference of listed.filter((each) => !more.includes(each))) {
    assert.equal(difference.speed, 0);
    assert.equal(difference.missing_in_speed.length, Math.min(LISTED_IDS, difference.batch));
    for (const id of difference.missing_in_speed) assert.ok(fed.ids.has(id));
  }
});

function countedTwice({ scope, partition, hour, epoch, cells }: CountRow): SpeedRowWrite {
  const location = scope as Oid;
  const { subject: item, upTo } = cells[0]!;
  const minutes = cells.filter(({ subject }) => subject === item).flatMap(({ minute, count }) => [minute, count]);
  const wrong = {
    kind: 'place_item',
    location,
    item,
    minutes: minutes.with(1, minutes[1]! + 1),
    upTo: upTo + 1,
  } as const;
  return { name: { group: groupOf(location), hour, epoch }, partition, cells: [wrong], listed: [] };
}

test('a published epoch and an open epoch are nothing to do; an epoch beyond the next is refused', async () => {
  const { rules } = batch.context;
  const horizon = (await horizonOf(batch.context))!;
  const run = (epoch: number) =>
    sightline(['batch', 'run', '--epoch', nameOf(epoch as Epoch, rules)], world.environment);
  assert.equal((await run(horizon.epoch)).code, 3);
  assert.equal((await run(horizon.epoch + 10_000)).code, 2);
  const again = await sightline(
    ['batch', 'run', '--epoch', nameOf(horizon.epoch, rules), '--reprocess', 'all'],
    world.environment,
  );
  assert.equal(again.code, 3);
  assert.match(again.stdout, /the same/);
  const { code, stdout } = await sightline(['batch', 'report', '--json'], world.environment);
  assert.deepEqual([code, (JSON.parse(stdout) as RunReport).epoch_number], [0, horizon.epoch]);
});

test('without a speed layer an epoch is published as unproven, and its run forwards the strays', async () => {
  speed!.kill('SIGTERM');
  await new Promise((resolve) => speed!.once('exit', resolve));
  speed = null;
  const stoppedAt = Date.now();
  await batch.close();
  batch = await openBatchOf({ ...world.config, SPEED_WAIT_SECONDS: 0 });
  // Epochs that the worker saw wait to be published, and it died within one: only what began later is certainly without
  // it.
  for (;;) {
    const report = (await publish(await next()))!;
    assert.notEqual(report.result, 'repaired');
    if (report.from <= stoppedAt || report.tallies.strays === 0) continue;
    assert.equal(report.result, 'unproven');
    assert.equal(report.strays_forwarded, report.tallies.strays);
    const withRecords = report.partitions.filter(({ records }) => records > 0);
    assert.ok(withRecords.length > 0);
    for (const { partition, cut } of withRecords) {
      assert.ok(
        report.comparison.unproven.some((why) => isBehind(why, partition, cut)),
        report.comparison.unproven.join('\n'),
      );
    }
    return;
  }
});

function isBehind(why: string, partition: number, cut: number): boolean {
  const found = /^partition (\d+): the speed layer is at offset (\d+), the epoch ends at (\d+)$/
    .exec(why)
    ?.slice(1)
    .map(Number);
  return found !== undefined && found[0] === partition && found[1]! < cut && found[2] === cut;
}

/** Behind `horizon_moved` the epoch is published, and the next run has nothing to be killed in. */
const POINTS = CRASH_POINTS.run.filter((point) => point !== 'pruned');

test('runs that are killed at each point in turn are finished by the last one, and readers never see a part', async () => {
  await fed.stop();
  const epoch = await next();
  const totals = await whileRead(epoch, async () => {
    for (const point of POINTS) {
      const arguments_ = ['--import', 'tsx', 'test/support/batch-child.ts', point, String(epoch)];
      const environment = { ...world.environment, SPEED_WAIT_SECONDS: '0' };
      const child = spawn(process.execPath, arguments_, {
        cwd: ROOT,
        env: environment,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
      assert.equal(signal, 'SIGKILL', point);
    }
    assert.equal((await horizonOf(batch.context))!.epoch, epoch);
    assert.equal(await publish(epoch), undefined);
  });
  const report = (await readRun(batch.context.hdfs, nameOf(epoch, batch.context.rules)))!;
  assert.ok(report.rows > 0);
  assert.deepEqual([...new Set(totals)], [totals[0]!, totals[0]! + report.rows]);
  assert.ok(
    isSame(await reprocess(batch.context, epoch)),
    'rows, files and hash are those of a computation that nothing disturbed',
  );
});

/**
 * Asks serving and reads the epoch's files again and again meanwhile: every file is whole, and no id is there twice.
 * Gives the totals that it was told.
 */
async function whileRead(epoch: Epoch, work: () => Promise<void>): Promise<number[]> {
  const { context } = batch;
  const serving = servingOf(world.config);
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: `${world.config.SIGHTLINE_HOME}/reading` });
  const window = { from: instant(Date.now() - 2 * 3_600_000), to: instant(Date.now() + 3_600_000) };
  const mine = `/${nameOf(epoch, context.rules)}-`;
  const totals: number[] = [];
  const read = async (): Promise<void> => {
    totals.push((await serving.topItems({ ...window, location: 'all' })).total);
    const ids: string[] = [];
    for (const { path } of (await context.hdfs.walk('lake/detections')).filter((file) => file.path.includes(mine))) {
      const localFile = `${world.config.SIGHTLINE_HOME}/reading.parquet`;
      await context.hdfs.download(path, localFile);
      for (const row of await duck.rows(`SELECT detection_oid FROM '${localFile}'`))
        ids.push(String(row.detection_oid));
    }
    assert.equal(new Set(ids).size, ids.length);
    await pause(200);
  };
  try {
    await meanwhile(read, work);
  } finally {
    duck.close();
    await serving.close();
  }
  return totals;
}

test('in the end every detection is published once, every record is archived once, and the batch view has all', async () => {
  const { context } = batch;
  // A stray that a run sends home arrives in the epoch of that moment, which may be several epochs on.
  for (let sentUpTo = Date.now(), publishedTo = 0; publishedTo <= sentUpTo;) {
    const report = (await publish(await next()))!;
    if (report.strays_forwarded > 0) sentUpTo = report.published_at;
    publishedTo = report.to;
  }
  const { ids, duplicates, records } = await lakeOf(batch);
  assert.equal(duplicates, 0);
  assert.equal(ids.size, fed.ids.size);
  assert.deepEqual(
    [...fed.ids].filter((id) => !ids.has(id)),
    [],
  );
  const { cuts } = (await horizonOf(context))!;
  assert.equal(records.length, new Set(records).size);
  assert.equal(
    records.length,
    cuts.reduce((sum, cut) => sum + cut, 0),
  );
  assert.ok(records.length >= fed.records);
  const hours = { from: Math.floor(Date.now() / 3_600_000) - 1, to: Math.floor(Date.now() / 3_600_000) };
  const rows = await context.batchView.read({
    scope: 'all',
    horizon: (await horizonOf(context))!.epoch,
    hours,
    levels: ['minute'],
  });
  assert.equal(
    rows.flatMap(({ cells }) => cells).reduce((sum, { count }) => sum + count, 0),
    fed.ids.size,
  );
  assert.deepEqual(await context.hdfs.list('lake/_staging'), []);
  assert.deepEqual(await context.hdfs.list('lake/_runs/_intents'), []);
});

async function lakeOf({ context }: OpenBatch): Promise<{ ids: Set<string>; duplicates: number; records: string[] }> {
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: `${world.config.SIGHTLINE_HOME}/spill` });
  const localFile = `${world.config.SIGHTLINE_HOME}/read.parquet`;
  const ids = new Set<string>();
  const records: string[] = [];
  let duplicates = 0;
  for (const { path } of [...(await context.hdfs.walk('lake/detections')), ...(await context.hdfs.walk('lake/raw'))]) {
    await context.hdfs.download(path, localFile);
    const isRaw = path.startsWith('lake/raw');
    for (const row of await duck.rows(`SELECT kafka_partition, kafka_offset, detection_oid FROM '${localFile}'`)) {
      if (isRaw) records.push(`${row.kafka_partition}/${row.kafka_offset}`);
      else if (ids.has(String(row.detection_oid))) duplicates += 1;
      else ids.add(String(row.detection_oid));
    }
  }
  duck.close();
  return { ids, duplicates, records };
}
