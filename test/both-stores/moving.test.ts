/**
 * A system moves from HBase to Cassandra while cameras publish: `batch rebuild --from-store hbase` brings the published
 * epochs from the archive, the places and the settled facts from the other store, and the rest from the log. Then it
 * moves back, into another namespace.
 *
 * Invariant: answers after the move equal what the feed sent, by place and item, before and after epochs are published
 * there, and at any moment at most one store lets a process count. Method: the real commands on the real stores; the
 * rebuild is killed at the worst point, between the mark in the old store and the switch, and run again.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { endOf, epochAt, nameOf } from '../../core/domain/epoch.ts';
import { readConfig } from '../../core/process/config.ts';
import type { Config } from '../../core/process/config.ts';
import { keyspaceOf } from '../../core/process/store-settings.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Rebuilt } from '../../batch-layer/generations/rebuild.ts';
import type { TopItemsAnswer } from '../../serving/answers.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { batchWorld, feed, openBatchOf, servingOf } from '../support/batch-world.ts';
import type { CassandraBeside } from '../support/cassandra-beside.ts';
import { cassandraBeside } from '../support/cassandra-beside.ts';
import { publishUpTo } from '../support/publish.ts';
import { dropTables } from '../support/store-tables.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const [DONE, USAGE, WAITS] = [0, 2, 5];
const LIMIT_MS = 180_000;
let beside: CassandraBeside;
let world: BatchWorld;
let old: NodeJS.ProcessEnv;
let fresh: NodeJS.ProcessEnv;
let freshConfig: Config;
/** Of the way back. */
let backConfig: Config | undefined;
let fed: Feed;
let worker: ChildProcess;
const started: ChildProcess[] = [];

const speed = (env: NodeJS.ProcessEnv): ChildProcess => {
  const child = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: { ...env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  return child;
};
const endOfChild = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)));

async function answerOf(config: Config): Promise<TopItemsAnswer> {
  const serving = servingOf(config, { callTimeoutMs: 5_000, operationTimeoutMs: 30_000 });
  try {
    const to = Date.now() + 60_000;
    return await serving.topItems({ location: 'all', from: to - 7_200_000, to, limit: 10, parts: true });
  } finally {
    await serving.close();
  }
}

before(async () => {
  beside = await cassandraBeside();
  world = await batchWorld({
    ...beside.settings,
    ...{ STORES: 'hbase', EPOCH_SECONDS: '20', SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '30' },
  });
  old = world.environment;
  fresh = { ...old, STORES: 'cassandra' };
  freshConfig = readConfig(fresh);
  worker = speed(old);
  fed = await feed(world.config);
});
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await fed?.stop();
  if (backConfig) await dropTables(backConfig);
  if (freshConfig) await dropTables(freshConfig);
  await world?.drop();
  await beside?.stop();
});

test('the old store publishes, and a process of the new one refuses until the move is done', async () => {
  const batch = await openBatchOf(world.config);
  try {
    const { rules } = batch.context;
    const last = epochAt(Date.now(), rules);
    await pause(endOf(last, rules) - Date.now() + 500);
    const reports = await publishUpTo(batch.context, last);
    assert.ok(reports.length > 0);
    assert.ok(reports.every(({ result }) => result === 'proved'));
  } finally {
    await batch.close();
  }
  assert.equal((await sightline(['prepare'], fresh)).code, DONE);
  assert.equal((await sightline(['batch', 'rebuild', '--from-store', 'cassandra'], fresh)).code, USAGE);
});

test('a rebuild that is killed before its switch leaves no store that counts', { timeout: 300_000 }, async () => {
  const options = JSON.stringify({ switch: true, fromStore: 'hbase', acceptDifferences: false });
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/rebuild-child.ts', 'recounted', options], {
    cwd: ROOT,
    env: fresh,
    stdio: 'inherit',
  });
  started.push(child);
  assert.equal(await endOfChild(child), null, 'killed');
  assert.equal(await endOfChild(worker), WAITS, 'the worker of the old store ends');
  for (const [env, because] of [
    [old, /moved from HBase[^]*STORES=cassandra/],
    [fresh, /move to Cassandra is not finished[^]*--from-store hbase/],
  ] as const) {
    const refused = await sightline(['speed'], env);
    assert.equal(refused.code, USAGE);
    assert.match(refused.stderr, because);
  }
});

test('the rebuild goes on, switches, and answers equal what was sent', { timeout: 600_000 }, async () => {
  const run = await sightline(['batch', 'rebuild', '--from-store', 'hbase', '--json'], fresh);
  assert.equal(run.code, DONE);
  const rebuilt = JSON.parse(run.stdout) as Rebuilt;
  assert.deepEqual([rebuilt.generation, rebuilt.switched, rebuilt.different], [2, true, []]);
  worker = speed(fresh);
  await pause(2_000);
  await fed.stop();
  const answer = await eventually(
    'everything counted in the new store',
    () => answerOf(freshConfig),
    ({ total, view }) => total === fed.ids.size && view.freshness_ms === 0,
    LIMIT_MS,
  );
  assert.ok(answer.parts!.batch > 0 && answer.parts!.speed > 0);
});

test('the new store publishes and proves what follows, and has the places of the old one', async () => {
  const batch = await openBatchOf(freshConfig);
  const before = await openStores(freshConfig);
  try {
    const { rules } = batch.context;
    const last = epochAt(Date.now(), rules);
    await pause(endOf(last, rules) - Date.now() + 500);
    const reports = await publishUpTo(batch.context, last);
    assert.deepEqual(
      reports.filter(({ result }) => result !== 'proved').map(({ epoch }) => epoch),
      [],
    );
    assert.equal(reports.at(-1)!.epoch, nameOf(last, rules));
    const { total, parts } = await answerOf(freshConfig);
    assert.deepEqual([total, parts], [fed.ids.size, { batch: fed.ids.size, speed: 0 }]);
    assert.ok((await before.locations.all()).length > 0);
  } finally {
    await before.close();
    await batch.close();
  }
});

test('the way back goes into another namespace, and answers equal what was sent', { timeout: 600_000 }, async () => {
  const back = {
    ...fresh,
    ...{ STORES: 'hbase', HBASE_NAMESPACE: `${world.name}_back`, CASSANDRA_KEYSPACE: keyspaceOf(freshConfig) },
  };
  backConfig = readConfig(back);
  const more = await feed(world.config);
  try {
    assert.equal((await sightline(['prepare'], back)).code, DONE);
    const run = await sightline(['batch', 'rebuild', '--from-store', 'cassandra', '--json'], back);
    assert.equal(run.code, DONE);
    const rebuilt = JSON.parse(run.stdout) as Rebuilt;
    assert.deepEqual([rebuilt.generation, rebuilt.switched, rebuilt.different], [3, true, []]);
    assert.equal(await endOfChild(worker), WAITS, 'the worker of the store that was left ends');
    worker = speed(back);
    await pause(2_000);
  } finally {
    await more.stop();
  }
  const sent = fed.ids.size + more.ids.size;
  const isAll = ({ total, view }: TopItemsAnswer): boolean => total === sent && view.freshness_ms === 0;
  const answer = await eventually(
    'everything counted after the way back',
    () => answerOf(backConfig!),
    isAll,
    LIMIT_MS,
  );
  assert.deepEqual(answer.parts, { batch: fed.ids.size, speed: more.ids.size });
});
