/**
 * Upgrading, and going back, as docs/operations.md says it: an earlier program and this one on the real stack, side by
 * side, over one topic, one set of tables and one lake.
 *
 * The earlier one is of before compacting, forgetting, the table and packed topics (SIGHTLINE_EARLIER: another commit).
 * Cameras publish all the time. At each station both apps, where both run, give the same answers; in the end every id
 * counts once, and each program finds the other's epochs the same when it computes them again.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { AppProcess } from '../support/app-process.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { startApp } from '../support/app-process.ts';
import { batchWorld, feed, kafkaOf, openBatchOf } from '../support/batch-world.ts';
import { earlierProgram } from '../support/earlier-program.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const EARLIER = process.env.SIGHTLINE_EARLIER ?? '9be1cce51cd606bafed0be9f1b2aefbb5923a1f7';
const LIMIT_MS = 120_000;
const OTHER_HOLDS_THE_LAKE = 6;

type Program = 'earlier' | 'this';

const roots: Record<Program, string> = { earlier: '', this: ROOT };
const beganAt = Date.now();
let world: BatchWorld;
let batch: OpenBatch;
let cameras: Feed;
let idsOfEndedFeeds = 0;
const workers = new Map<Program, ChildProcess>();
const apps = new Map<Program, AppProcess>();

const run = (program: Program, ...args: string[]) => sightline(args, world.environment, undefined, roots[program]);

/** After a rebuild a worker of the old generation ends with 5, and whoever watches over it starts it again. */
const IS_OF_AN_OLD_GENERATION = 5;

function startWorker(program: Program): void {
  const child = spawn(process.execPath, [join(roots[program], 'sightline.mjs'), 'speed'], {
    ...{ cwd: roots[program], env: { ...world.environment, LOG_LEVEL: 'warn' } },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  workers.set(program, child);
  child.once('exit', (code, signal) => {
    if (workers.get(program) !== child) return;
    workers.delete(program);
    if (code === IS_OF_AN_OLD_GENERATION) startWorker(program);
    else process.stderr.write(`the worker of ${program} ended with ${code ?? signal}\n`);
  });
}

async function stopWorker(program: Program, signal: NodeJS.Signals): Promise<void> {
  const child = workers.get(program)!;
  workers.delete(program);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

async function start(program: Program): Promise<void> {
  startWorker(program);
  // Two apps on one machine: each takes a free port.
  apps.set(program, await startApp({ ...world.environment, PORT: '0' }, roots[program]));
}

async function stopApp(program: Program): Promise<void> {
  assert.equal(await apps.get(program)!.stop(), 0);
  apps.delete(program);
}

before(async () => {
  roots.earlier = earlierProgram(EARLIER);
  world = await batchWorld(
    { EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '60', PRUNE_GRACE_SECONDS: '0' },
    async (environment) => {
      const { code, stderr } = await sightline(['prepare'], environment, undefined, roots.earlier);
      assert.equal(code, 0, stderr);
    },
  );
  batch = await openBatchOf(world.config);
  cameras = await feed(world.config);
});

after(async () => {
  await cameras?.stop();
  for (const program of workers.keys()) await stopWorker(program, 'SIGKILL');
  for (const app of apps.values()) await app.stop();
  await batch?.close();
  await world?.drop();
});

/** Publishes with this program until the time lies behind the horizon; returns how many epochs it published. */
async function publishPast(program: Program, t: number): Promise<number> {
  let published = 0;
  for (;;) {
    const horizon = await horizonOf(batch.context);
    if (horizon && endOf(horizon.epoch, batch.context.rules) > t) return published;
    const { code, stdout, stderr } = await run(program, 'batch', 'run', '--json');
    assert.ok(code === 0 || code === 3, `${program}: ${code} ${stderr}`);
    for (const line of stdout.split('\n').filter(Boolean)) {
      const { result } = JSON.parse(line) as { result: string };
      assert.equal(result, 'proved', `${program}: ${line.slice(0, 2_000)}`);
      published += 1;
    }
    if (code === 3) await pause(1_000);
  }
}

interface Shown {
  readonly total: number;
  readonly items: readonly string[];
  readonly places: readonly string[];
  readonly ids: readonly string[];
}

/** What an app says of all that happened until `to`; the total first, since lists are written before counts. */
async function shownBy({ address }: AppProcess, to: number): Promise<Shown> {
  const asked = async <T>(path: string, parameters: Record<string, string>): Promise<T> => {
    const window = { from: String(beganAt - 60_000), to: String(to), ...parameters };
    const answer = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(window).toString()}`);
    assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  };
  const top = await asked<{ total: number; items: { item_name: string; count: number }[] }>('top-items', {
    location: 'all',
  });
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { detections: { detection_oid: string }[]; next_cursor: string | null } = await asked('detections', {
      ...{ location: '3', limit: '200' },
      ...(cursor && { cursor }),
    });
    ids.push(...page.detections.map(({ detection_oid: id }) => id));
    cursor = page.next_cursor;
  }
  const { locations } = await asked<{ locations: { geographical_location_oid: string; count: number }[] }>(
    'locations',
    {},
  );
  return {
    total: top.total,
    items: top.items.map(({ item_name: name, count }) => `${name} ${count}`),
    places: locations.map(({ geographical_location_oid: oid, count }) => `${oid} ${count}`).sort(),
    ids,
  };
}

/** Stops the cameras until every app shows all that they sent, compares the apps, and lets the cameras go on. */
async function compareApps(): Promise<void> {
  await cameras.stop();
  const to = Date.now() + 3_600_000;
  const shown: Shown[] = [];
  for (const [program, app] of apps)
    shown.push(
      await eventually(
        `${program} shows ${idsOfEndedFeeds + cameras.ids.size} detections`,
        () => shownBy(app, to),
        ({ total }) => total === idsOfEndedFeeds + cameras.ids.size,
        LIMIT_MS,
      ),
    );
  for (const other of shown.slice(1)) assert.deepEqual(other, shown[0]);
  assert.ok(shown[0]!.ids.length > 10);
  idsOfEndedFeeds += cameras.ids.size;
  cameras = await feed(world.config);
}

async function membersOfTheGroup(): Promise<number> {
  const admin = kafkaOf(world.config).admin();
  const { groups } = await admin.describeGroups([world.config.KAFKA_GROUP]);
  await admin.disconnect();
  return groups[0]!.members.filter(({ memberAssignment }) => memberAssignment.length > 0).length;
}

test('the earlier program counts, publishes and answers', async () => {
  await start('earlier');
  await pause(10_000);
  assert.ok((await publishPast('earlier', Date.now())) > 0);
  await compareApps();
});

test('this one prepares what is there, and counts and answers beside it', async () => {
  const { code, stderr } = await run('this', 'prepare');
  assert.equal(code, 0, stderr);
  await start('this');
  await eventually('both workers count', membersOfTheGroup, (members) => members === 2, LIMIT_MS);
  await pause(10_000);
  await compareApps();
});

test('runs of both publish in turn and at once, and each finds the epochs of the other the same', async () => {
  for (const program of ['this', 'earlier', 'this'] as const)
    assert.ok((await publishPast(program, Date.now())) > 0, program);
  const both = await Promise.all([run('this', 'batch', 'run'), run('earlier', 'batch', 'run')]);
  for (const { code, stderr } of both) assert.ok([0, 3, OTHER_HOLDS_THE_LAKE].includes(code), stderr);
  for (const program of ['this', 'earlier'] as const) {
    const { code, stderr } = await run(program, 'batch', 'run', '--reprocess', 'all');
    assert.equal(code, 3, `${program}: ${stderr}`);
  }
  const table = await run('this', 'batch', 'table');
  assert.ok(table.code === 0 || table.code === 3, table.stderr);
  await compareApps();
});

test('the earlier worker is killed, and everything is new', async () => {
  await stopWorker('earlier', 'SIGKILL');
  await stopApp('earlier');
  await publishPast('this', Date.now());
  await compareApps();
});

test('back to the earlier program, beside this one and then alone', async () => {
  await start('earlier');
  await eventually('both workers count', membersOfTheGroup, (members) => members === 2, LIMIT_MS);
  await pause(5_000);
  await compareApps();
  await stopWorker('this', 'SIGTERM');
  await publishPast('earlier', Date.now());
  await compareApps();
  await stopApp('this');
  const { code, stderr } = await run('earlier', 'batch', 'run', '--reprocess', 'all');
  assert.equal(code, 3, stderr);
});

test('after a rebuild by this one and a prune the earlier one goes on', async () => {
  await publishPast('earlier', Date.now());
  const rebuilt = await run('this', 'batch', 'rebuild');
  assert.equal(rebuilt.code, 0, rebuilt.stderr);
  // The horizon of the new generation is another row.
  await batch.close();
  batch = await openBatchOf(world.config);
  // It is proved, so the earlier worker counts for the new generation and needs nothing of the old one.
  await publishPast('earlier', Date.now());
  const pruned = await run('this', 'batch', 'prune', '--generations');
  assert.equal(pruned.code, 0, pruned.stderr);
  await publishPast('earlier', Date.now());
  await compareApps();
  const { code, stderr } = await run('earlier', 'batch', 'run', '--reprocess', 'all');
  assert.equal(code, 3, stderr);
});
