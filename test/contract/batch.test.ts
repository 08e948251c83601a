/**
 * The batch layer on the real Kafka, HBase and HDFS: epochs are published once and whole, the speed layer is proved or repaired,
 * and a run that is killed at any point leaves what the next one finishes (laws L3, L5, L8, L9).
 *
 * A feed sends detections, copies, strays and poison the whole time. Uses a topic, a namespace and a folder of its own on the
 * addresses of the environment, and removes them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenBatch } from '../../batch-layer/open.ts';
import type { Point } from '../../batch-layer/context.ts';
import type { RunReport } from '../../core/stores/runs.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import { endOf, nameOf } from '../../core/domain/epoch.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import { openDuck } from '../../core/stores/duckdb.ts';
import { listRuns, readRun } from '../../core/stores/runs.ts';
import { horizonOf, publishAsked } from '../../batch-layer/lake.ts';
import { nextEpoch } from '../../batch-layer/seam.ts';
import { batchWorld, feed, openBatchOf } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';

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
  return (await publishAsked(batch.context, { from: epoch, to: epoch })).reports[0];
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

test('a cell that the speed layer has otherwise is reported with its ids and repaired by publishing', async () => {
  const epoch = await next();
  const { context } = batch;
  // The epoch's end must be behind the speed layer, or it would write the cell again.
  for (let passed = false; !passed; await pause(200)) {
    const rows = await context.control.progress(1, [0, 1, 2]);
    passed = rows.every((row) => row !== null && row.arrival >= endOf(epoch, context.rules));
  }
  const found: { row: Parameters<typeof context.speedView.put>[0][number]; count: number }[] = [];
  await context.speedView.eachPlaceOf(epoch, ['minute_item'], (rows) => {
    const row = rows[0];
    const cell = row?.cells[0];
    if (row && cell && found.length === 0) {
      const location = row.scope as Oid;
      const minutes = row.cells.filter(({ subject }) => subject === cell.subject).flatMap(({ minute, count }) => [minute, count]);
      const wrong = { kind: 'place_item', location, item: cell.subject, minutes: minutes.with(1, cell.count - 1), upTo: cell.upTo + 1 } as const;
      found.push({ row: { name: { ...row, group: groupOf(location) }, partition: row.partition, cells: [wrong], listed: [] }, count: cell.count });
    }
  });
  await context.speedView.put([found[0]!.row]);
  const report = await publish(epoch);
  assert.equal(report!.result, 'repaired');
  const { count, listed } = report!.comparison.differences;
  assert.equal(count, 1);
  assert.deepEqual([listed[0]!.batch, listed[0]!.speed], [found[0]!.count, found[0]!.count - 1]);
  assert.equal(listed[0]!.partition, found[0]!.row.partition);
});

test('what is published is nothing to do, what is not over neither, what lies beyond is refused', async () => {
  const { rules } = batch.context;
  const horizon = (await horizonOf(batch.context))!;
  const run = (epoch: number) => sightline(['batch', 'run', '--epoch', nameOf(epoch as Epoch, rules)], world.environment);
  assert.equal((await run(horizon.epoch)).code, 3);
  assert.equal((await run(horizon.epoch + 10_000)).code, 2);
  const again = await sightline(['batch', 'run', '--epoch', nameOf(horizon.epoch, rules), '--reprocess', 'all'], world.environment);
  assert.equal(again.code, 3);
  assert.match(again.stdout, /the same/);
  const { code, stdout } = await sightline(['batch', 'report', '--json'], world.environment);
  assert.deepEqual([code, (JSON.parse(stdout) as RunReport).epoch_number], [0, horizon.epoch]);
});

test('without a speed layer an epoch is published as unproven, and strays are sent home', async () => {
  speed!.kill('SIGTERM');
  await new Promise((resolve) => speed!.once('exit', resolve));
  speed = null;
  const stoppedAt = Date.now();
  await batch.close();
  batch = await openBatchOf({ ...world.config, SPEED_WAIT_SECONDS: 0 });
  // Epochs that the worker saw wait to be published, and it died within one: only what began later is certainly without it.
  for (;;) {
    const report = (await publish(await next()))!;
    assert.notEqual(report.result, 'repaired');
    if (report.from <= stoppedAt || report.tallies.strays === 0) continue;
    assert.equal(report.result, 'unproven');
    assert.equal(report.strays_forwarded, report.tallies.strays);
    const withRecords = report.partitions.filter(({ records }) => records > 0);
    assert.ok(withRecords.length > 0);
    for (const { partition, cut } of withRecords) {
      assert.ok(report.comparison.unproven.some((why) => isBehind(why, partition, cut)), report.comparison.unproven.join('\n'));
    }
    return;
  }
});

function isBehind(why: string, partition: number, cut: number): boolean {
  const found = /^partition (\d+): the speed layer is at offset (\d+), the epoch ends at (\d+)$/.exec(why)?.slice(1).map(Number);
  return found !== undefined && found[0] === partition && found[1]! < cut && found[2] === cut;
}

const POINTS: readonly Point[] = [
  'locked', 'archived', 'forwarded', 'reconciled', 'staged_one_file', 'staged', 'intent_prepared', 'intended',
  'published_one_file', 'published', 'view_half_written', 'view_written', 'compared', 'reported', 'horizon_moved',
];

test('a run that is killed at one point after the other is finished by the last one', async () => {
  await fed.stop();
  const epoch = await next();
  for (const point of POINTS) {
    const arguments_ = ['--import', 'tsx', 'test/support/batch-child.ts', point, String(epoch)];
    const environment = { ...world.environment, SPEED_WAIT_SECONDS: '0' };
    const child = spawn(process.execPath, arguments_, { cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    assert.equal(signal, 'SIGKILL', point);
  }
  assert.equal((await horizonOf(batch.context))!.epoch, epoch);
  assert.equal(await publish(epoch), undefined);
});

test('in the end every detection that was sent is published once, every record is archived once, and the batch view has them all', async () => {
  const { context } = batch;
  // A stray that a run sends home arrives in the epoch of that moment, which may be several epochs on.
  for (let sentUpTo = Date.now(), publishedTo = 0; publishedTo <= sentUpTo; ) {
    const report = (await publish(await next()))!;
    if (report.strays_forwarded > 0) sentUpTo = report.published_at;
    publishedTo = report.to;
  }
  const { ids, duplicates, records } = await lakeOf(batch);
  assert.equal(duplicates, 0);
  assert.equal(ids.size, fed.ids.size);
  assert.deepEqual([...fed.ids].filter((id) => !ids.has(id)), []);
  const { cuts } = (await horizonOf(context))!;
  assert.equal(records.length, new Set(records).size);
  assert.equal(records.length, cuts.reduce((sum, cut) => sum + cut, 0));
  assert.ok(records.length >= fed.records);
  const hours = { from: Math.floor(Date.now() / 3_600_000) - 1, to: Math.floor(Date.now() / 3_600_000) };
  const rows = await context.batchView.read('all', (await horizonOf(context))!.epoch, hours, ['minute']);
  assert.equal(rows.flatMap(({ cells }) => cells).reduce((sum, { count }) => sum + count, 0), fed.ids.size);
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
