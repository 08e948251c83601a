/**
 * A lake whose store of rows is struck while detections come and questions are asked: what the tests of test/cassandra
 * share. Nothing here knows which store it is, so that another one can be struck with the same measures.
 *
 * Worker and serving wait for answers as long as the real processes do. `watch` says for how long nothing was counted,
 * and for how long questions were refused, which the API answers with 503.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import { oid } from '../../core/domain/oid.ts';
import { recordsOf } from '../../core/domain/tallies.ts';
import { messageOf } from '../../core/process/errors.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { TopItemsAnswer } from '../../serving/answers.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { BatchWorld, Feed } from './batch-world.ts';
import { batchWorld, feed, servingOf } from './batch-world.ts';
import { eventually, ROOT } from './main-job.ts';

const PARTITIONS = [0, 1, 2];
const ASK_EVERY_MS = 100;
/** As serving/app/process.ts. */
const SERVING_LIMITS = { callTimeoutMs: 3_000, operationTimeoutMs: 5_000, mayBeWeak: true };
/** What was not counted for a minute, at 5,000 a second, on cores shared with all daemons. */
const READ_LIMIT_MS = 600_000;
const OPEN_LIMIT_MS = 60_000;
const FRESH_MS = 1_500;
/** How much older an answer may be than the oldest one while nobody strikes. */
const FRESH_WITHIN_MS = 2_000;

export interface StruckWorld {
  readonly world: BatchWorld;
  /** Of the test itself: a quorum always answers it, or nobody does. */
  readonly stores: Stores;
  readonly serving: Serving;
  readonly fed: Feed;
  /** SIGKILL to the worker; another one goes on. */
  restartWorker(): void;
  close(): Promise<void>;
}

export async function openStruckWorld(settings: Record<string, string>, perSecond: number): Promise<StruckWorld> {
  const world = await batchWorld({ KAFKA_PARTITIONS: '3', SPEED_LINGER_MS: '50', LOG_LEVEL: 'warn', ...settings });
  // The first comparison may be late on a busy machine; a worker begins again then, and so does this.
  const stores = await eventually(
    'the stores',
    () => openStores(world.config),
    () => true,
    OPEN_LIMIT_MS,
  );
  const start = (): ChildProcess =>
    spawn(process.execPath, ['sightline.mjs', 'speed'], {
      cwd: ROOT,
      env: world.environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  let worker = start();
  const serving = servingOf(world.config, SERVING_LIMITS);
  const fed = await feed(world.config, { perSecond });
  const struck: StruckWorld = {
    ...{ world, stores, serving, fed },
    restartWorker() {
      worker.kill('SIGKILL');
      worker = start();
    },
    async close() {
      await fed.stop().catch(() => undefined);
      worker.kill('SIGKILL');
      await serving.close();
      await stores.close();
      await world.drop();
    },
  };
  const isFresh = ({ total, view }: TopItemsAnswer): boolean => total > 0 && view.freshness_ms < FRESH_MS;
  await eventually('fresh counts', () => ask(struck), isFresh, READ_LIMIT_MS);
  return struck;
}

export function ask({ serving }: Pick<StruckWorld, 'serving'>): Promise<TopItemsAnswer> {
  const to = Date.now() + 60_000;
  return serving.topItems({ location: 'all', from: to - 7_200_000, to, limit: 10, parts: true });
}

export interface Watched {
  readonly faults: string[];
  asked: number;
  oldestMs: number;
  longestMs: number;
  provisional: number;
  /** How much the total grew. */
  grown: number;
  /** The longest time in which no answer had a larger total. */
  standstillMs: number;
  /** The longest time between an answer and the next one, if questions were refused between them; else 0. */
  refusedMs: number;
}

/** Asks again and again until `done` has ended, and for `ms` at least. */
export async function watch(
  struck: Pick<StruckWorld, 'serving'>,
  ms: number,
  done: Promise<unknown> = Promise.resolve(),
): Promise<Watched> {
  const seen: Watched = {
    ...{ faults: [], asked: 0, oldestMs: 0, longestMs: 0, provisional: 0, grown: 0, standstillMs: 0, refusedMs: 0 },
  };
  let [first, last] = [-1, 0];
  let [grewAt, answeredAt] = [Date.now(), Date.now()];
  let isDone = false;
  void done.finally(() => (isDone = true)).catch(() => undefined);
  for (const until = Date.now() + ms; Date.now() < until || !isDone; await pause(ASK_EVERY_MS)) {
    const began = Date.now();
    let isRefused = false;
    try {
      const answer = await ask(struck);
      seen.oldestMs = Math.max(seen.oldestMs, answer.view.freshness_ms);
      if (answer.view.provisional) seen.provisional++;
      else if (answer.total < last) seen.faults.push(`a total fell from ${last} to ${answer.total}`);
      if (answer.total > last) grewAt = Date.now();
      if (first < 0) first = answer.total;
      last = answer.total;
      seen.grown = last - first;
    } catch (fault) {
      seen.faults.push(messageOf(fault));
      isRefused = true;
    }
    seen.standstillMs = Math.max(seen.standstillMs, Date.now() - grewAt);
    if (isRefused) seen.refusedMs = Math.max(seen.refusedMs, Date.now() - answeredAt);
    else answeredAt = Date.now();
    seen.asked++;
    seen.longestMs = Math.max(seen.longestMs, Date.now() - began);
  }
  await done;
  return seen;
}

export function tell(what: string, seen: Watched): void {
  const { asked, faults, longestMs, oldestMs, provisional, grown, standstillMs, refusedMs } = seen;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const words = [
    ...[`${asked} questions`, `${faults.length} refused (${seconds(refusedMs)})`, `longest ${seconds(longestMs)}`],
    ...[`oldest ${seconds(oldestMs)}`, `${provisional} provisional`, `${grown} counted`],
    `nothing counted for ${seconds(standstillMs)}`,
  ];
  process.stdout.write(`# ${what}: ${words.join(', ')}\n`);
}

/** `usualMs`: the oldest answer while nobody struck, which a busy machine makes older by itself. */
export function assertUnnoticed(what: string, seen: Watched, usualMs: number): void {
  tell(what, seen);
  assert.deepEqual(seen.faults, [], what);
  assert.ok(seen.asked > 3 && seen.grown > 0, what);
  assert.equal(seen.provisional, 0);
  const limitMs = FRESH_WITHIN_MS + usualMs;
  assert.ok(seen.oldestMs < limitMs, `${what}: an answer was ${seen.oldestMs} ms old, the limit is ${limitMs} ms`);
}

/** Resolves when the progress of every partition is at the end of the log. The feed must have stopped. */
export async function readToTheEnd({ stores }: Pick<StruckWorld, 'stores'>, limitMs = READ_LIMIT_MS): Promise<void> {
  const isRead = async (): Promise<boolean> => {
    const ends = await stores.admin.ends();
    const progress = await stores.control.progress(1, PARTITIONS);
    return ends.every(({ partition, high }) => progress[partition]?.nextOffset === high);
  };
  // Strays that come home are records too.
  for (let i = 0; i < 2; i++) await eventually('the log read to its end', isRead, Boolean, limitMs);
}

/** Every id has its first-met row, each was counted once in its minute, and every record is accounted for. */
export async function assertExact(struck: StruckWorld): Promise<void> {
  const { stores, fed } = struck;
  await readToTheEnd(struck);
  const tallies = (await stores.control.progress(1, PARTITIONS)).map((each) => each!.tallies);
  assert.equal(
    tallies.reduce((sum, each) => sum + each.new, 0),
    fed.ids.size,
    'new',
  );
  assert.ok(tallies.reduce((sum, each) => sum + recordsOf(each), 0) >= fed.records);
  assert.deepEqual(await missingRows(stores, fed.ids), [], 'first-met rows');
  assert.equal((await ask(struck)).total, fed.ids.size, 'the total of the API');
  const to = Date.now() + 60_000;
  const { points } = await struck.serving.timeline({ location: 'all', from: to - 7_200_000, to, stepSeconds: 60 });
  const counted = new Map(points.filter(({ count }) => count > 0).map(({ t, count }) => [t as number, count]));
  assert.deepEqual(counted, fed.minutes, 'the minutes of the API');
}

const LOOKED_UP_AT_ONCE = 20_000;

/** The ids without a first-met row, ten at most. */
export async function missingRows(stores: Pick<Stores, 'detections'>, ids: ReadonlySet<string>): Promise<string[]> {
  const all = [...ids];
  const missing: string[] = [];
  for (let from = 0; from < all.length && missing.length < 10; from += LOOKED_UP_AT_ONCE) {
    const some = all.slice(from, from + LOOKED_UP_AT_ONCE);
    const answers = await stores.detections.find(some.map((id) => oid(id)));
    missing.push(...some.filter((_, at) => answers[at]!.status !== 'found'));
  }
  return missing.slice(0, 10);
}

/** The stores as one process alone would see them. */
export const storesAt = (config: Config, settings: Partial<Config>): Promise<Stores> =>
  openStores({ ...config, ...settings }, { mayBeWeak: true });
