/**
 * The batch layer by its commands, on the real Kafka, HBase and HDFS: what is archived early is taken over, damage is
 * found and named, every exit code is what the contract says, a rebuild from the archive alone gives the lake and the
 * counts that were there, and what it left behind can be removed.
 *
 * One epoch of a few seconds with records, then quiet. Uses a topic, a namespace and a folder of its own, and removes
 * them.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Rebuilt } from '../../batch-layer/generations/rebuild.ts';
import type { ReprocessResult } from '../../batch-layer/run/reprocess.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { ArchivedEpoch } from '../../batch-layer/archive/archive-now.ts';
import type { OldGeneration } from '../../batch-layer/generations/drop.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { endOf, epochAt, epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { instant } from '../../core/domain/time.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { LEASE_DEFAULTS, takeLease } from '../../core/stores/control/lease.ts';
import { batchWorld, feed, openBatchOf, servingOf } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { STORE_AWAY } from '../support/store-tables.ts';
import { LAKE_LEASE } from '../../core/stores/control/lease-rows.ts';

/** Long enough that the commands before find published epochs in the speed view. */
const GRACE_SECONDS = 45;

let world: BatchWorld;
let batch: OpenBatch;
let fed: Feed;
let speed: ChildProcess;
let published: RunReport;
let switchedAt = 0;
/** Exit codes of commands that reach no lake: they run while the first run does. */
let elsewhere: Promise<number[]>;

before(async () => {
  world = await batchWorld({
    EPOCH_SECONDS: '30',
    SPEED_WAIT_SECONDS: '180',
    PRUNE_GRACE_SECONDS: String(GRACE_SECONDS),
  });
  batch = await openBatchOf(world.config);
  speed = spawn(process.execPath, ['sightline.mjs', 'speed'], { cwd: ROOT, env: world.environment, stdio: 'ignore' });
  fed = await feed(world.config);
});

after(async () => {
  speed.kill('SIGKILL');
  await fed.stop();
  await batch.close();
  await world.drop();
});

const command = (args: readonly string[], environment: Record<string, string> = {}) =>
  sightline(['batch', ...args], { ...world.environment, ...environment });
const linesOf = <T>(text: string): T[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const until = async (t: number): Promise<void> => void (await pause(Math.max(0, t - Date.now())));

test('a run takes over what was archived while its epoch was open, with every record once', async () => {
  const { rules, hdfs: files } = batch.context;
  await pause(3_000);
  const first = await command(['archive', '--json']);
  assert.equal(first.code, 0);
  const added = linesOf<ArchivedEpoch>(first.stdout);
  assert.ok(added.reduce((sum, { records }) => sum + records, 0) > 0);
  await fed.stop();
  assert.ok([0, 3].includes((await command(['archive'])).code));
  assert.equal((await command(['archive'])).code, 3);
  const early = await files.walk('lake/raw');
  // Strays come home in the epoch of that moment, which the worker may have sent a little later.
  const last = epochAt(Date.now() + 3_000, rules);
  await until(endOf(last, rules) + 500);
  elsewhere = withoutLake(rules);
  const run = await command(['run', '--to', nameOf(last, rules), '--json']);
  assert.equal(run.code, 0);
  const reports = linesOf<RunReport>(run.stdout);
  const named = reports.flatMap((report) => report.files.map(({ path }) => path));
  for (const { path } of early) assert.ok(named.includes(path), path);
  for (const { path } of await files.walk('lake/raw'))
    assert.equal(named.filter((each) => each === path).length, 1, path);
  assert.ok(reports.reduce((sum, { records }) => sum + records, 0) >= fed.records);
  assert.equal(
    reports.reduce((sum, { rows }) => sum + rows, 0),
    fed.ids.size,
  );
  published = reports.find(({ rows }) => rows > 0)!;
  assert.equal(published.result, 'proved');
  assert.match(
    (await command(['report', '--epoch', published.epoch])).stdout,
    /proved[^]*copies +\d+[^]*rows hash +[0-9a-f]{64}/,
  );
});

test('--reprocess finds and names one payload that was altered in the lake', async () => {
  const { hdfs: files } = batch.context;
  const { path } = published.files.find((file) => file.path.startsWith('lake/detections/'))!;
  const [whole, altered] = ['whole', 'altered'].map((name) => join(world.config.SIGHTLINE_HOME, `${name}.parquet`)) as [
    string,
    string,
  ];
  await files.download(path, whole);
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(world.config.SIGHTLINE_HOME, 'spill') });
  const [victim] = await duck.rows(`SELECT CAST(MIN(detection_oid) AS VARCHAR) AS id FROM '${whole}'`);
  await duck.run(`COPY (SELECT * REPLACE (CASE WHEN detection_oid = ${victim!.id} THEN 'tank' ELSE item_name END AS item_name) FROM '${whole}')
    TO '${altered}' (FORMAT parquet)`);
  duck.close();
  await files.upload(altered, path);
  const found = await command(['run', '--epoch', published.epoch, '--reprocess', 'all', '--json']);
  assert.equal(found.code, 4);
  const [{ rows_that_differ: rows, altered_files: files_ }] = linesOf<ReprocessResult>(found.stdout) as [
    ReprocessResult,
  ];
  assert.deepEqual(
    rows.map(({ detection_oid }) => detection_oid),
    [victim!.id],
  );
  assert.deepEqual([rows[0]!.published!.item_name, rows[0]!.computed!.item_name === 'tank'], ['tank', false]);
  assert.deepEqual(
    files_.map((file) => file.path),
    [path],
  );
  await files.upload(whole, path);
  assert.equal((await command(['run', '--epoch', published.epoch, '--reprocess', 'all'])).code, 3);
});

test('exit codes: 6 if another run holds the lock, 5 if a dependency is down, 2 for wrong usage', async () => {
  const { control } = batch.context;
  const lease = await takeLease(control, LAKE_LEASE, { ...LEASE_DEFAULTS, owner: 'another:1:1' });
  assert.equal((await command(['archive'])).code, 6);
  await lease.release();
  assert.equal((await command(['archive'], { WEBHDFS_URL: 'http://127.0.0.1:1' })).code, 5);
  assert.deepEqual(await elsewhere, [5, 5, 5, 2, 2, 2, 2, 2]);
});

/** Each ends before it asks for the lock of the lake. */
async function withoutLake(rules: OpenBatch['context']['rules']): Promise<number[]> {
  const ended = await Promise.all([
    command(['run'], { KAFKA_BROKERS: '127.0.0.1:1' }),
    command(['run'], STORE_AWAY),
    command(['report'], { WEBHDFS_URL: 'http://127.0.0.1:1' }),
    command(['run', '--epoch', 'yesterday']),
    command(['run', '--epoch', nameOf((epochAt(Date.now(), rules) + 1_000) as Epoch, rules)]),
    command(['run', '--reprocess', 'some']),
    command(['run', '--reprocess', 'all', '--engine', 'spark']),
    command(['report', '--epoch', '../x']),
  ]);
  return ended.map(({ code }) => code);
}

test('a rebuild refuses a raw file of another log life before it changes anything, and works when the file is moved', async () => {
  const { hdfs: files, control } = batch.context;
  const foreign = `lake/raw/epoch=${published.epoch}/part-l2-0-0-9.parquet`;
  const names = async (): Promise<string[]> => (await files.walk('')).map(({ path }) => path).sort();
  const before_ = await names();
  await files.write(foreign, Buffer.from('raw records of another topic'));
  const refused = await command(['rebuild']);
  assert.equal(refused.code, 4);
  assert.match(
    refused.stderr,
    new RegExp(`${foreign} is of log life 2, and this lake is of log life 1.*Move the files`),
  );
  assert.equal(await control.rebuilding(2), null, 'a rebuild that is recorded would hold up a growth of the topic');
  await files.rename(foreign, 'another-root/lake/raw/part-l2-0-0-9.parquet');
  await files.remove('another-root');
  assert.deepEqual(await names(), before_);
});

test('a rebuild from the archive alone gives the same rows and counts, and its generation replaces the old one', async () => {
  const { config } = world;
  const files = hdfs(config);
  const before_ = await answersOf();
  const chain = (await readRun(files, published.epoch))!.chain_sha256;
  const ended = new Promise<number | null>((resolve) => speed.once('exit', resolve));
  const rebuilt = await command(['rebuild', '--json']);
  switchedAt = Date.now();
  assert.equal(rebuilt.code, 0);
  const [outcome] = linesOf<Rebuilt>(rebuilt.stdout) as [Rebuilt];
  assert.deepEqual(
    [outcome.generation, outcome.different, outcome.switched, outcome.rows],
    [2, [], true, fed.ids.size],
  );
  assert.equal((await readRun(files, published.epoch))!.generation, 2);
  assert.equal((await readRun(files, published.epoch))!.chain_sha256, chain);
  assert.deepEqual(await answersOf(), before_);
  assert.equal(await ended, 5, 'a worker of the generation before ends, for its supervisor to start it again');
  speed = spawn(process.execPath, ['sightline.mjs', 'speed'], { cwd: ROOT, env: world.environment, stdio: 'ignore' });
  // The epoch behind the last published one, which is over by now if the rebuild took long.
  await until(endOf((epochNamed(outcome.horizon, batch.context.rules)! + 1) as Epoch, batch.context.rules) + 500);
  const next = linesOf<RunReport>((await command(['run', '--json'])).stdout);
  assert.ok(next.every(({ result, generation }) => result === 'proved' && generation === 2));
});

test('the recorded grace decides, not that of the environment: a prune removes nothing before it is over', async () => {
  const now = { PRUNE_GRACE_SECONDS: '0' };
  const horizon = (await batch.context.control.horizon(2))!;
  assert.equal(horizon.graceMs, GRACE_SECONDS * 1_000);
  assert.ok(Date.now() + 5_000 < horizon.keptUntil!, 'the epoch that was published last is within its grace');
  assert.equal((await command(['prune', '--generations'], now)).code, 3);
});

test('prune --generations: a dry run says what the old generation left, and answers stay the same after its removal', async () => {
  const now = { PRUNE_GRACE_SECONDS: '600' };
  await until(switchedAt + GRACE_SECONDS * 1_000 + 500);
  const before_ = await answersOf();
  const told = linesOf<OldGeneration>((await command(['prune', '--generations', '--dry-run', '--json'], now)).stdout);
  assert.deepEqual(
    told.map(({ generation, rows, files }) => [generation, rows > 0, files > 0]),
    [[1, true, true]],
  );
  const removed = await command(['prune', '--generations', '--json'], now);
  assert.deepEqual([removed.code, linesOf<OldGeneration>(removed.stdout)[0]!.rows], [0, told[0]!.rows]);
  assert.equal((await command(['prune', '--generations'], now)).code, 3);
  assert.deepEqual(await answersOf(), before_);
});

test('prune: a dry run says what is due, a prune removes it from the speed view, and the next one has nothing to do', async () => {
  const now = { PRUNE_GRACE_SECONDS: '600' };
  await until((await batch.context.control.horizon(2))!.keptUntil! + 500);
  const before_ = await answersOf();
  const told = await command(['prune', '--dry-run', '--json'], now);
  assert.deepEqual([told.code, linesOf<{ removed: boolean }>(told.stdout)[0]!.removed], [0, false]);
  assert.ok([0, 3].includes((await command(['prune'], now)).code), 'a run prunes too');
  assert.equal((await command(['prune', '--json'], now)).code, 3);
  assert.deepEqual(await answersOf(), before_);
});

/** What the serving code answers for the hours of the test. */
async function answersOf(): Promise<unknown> {
  const serving = servingOf(world.config);
  try {
    const window = { from: instant(published.from - 3_600_000), to: instant(published.to + 3_600_000) };
    const { total, items } = await serving.topItems({ ...window, location: 'all', limit: 100 });
    return { total, items };
  } finally {
    await serving.close();
  }
}
