/**
 * Three nodes of Cassandra that are struck while detections come and questions are asked: what both tests of faults
 * share (quorum.test.ts, one.test.ts).
 *
 * `npm run test:cassandra` gives them a stack of three nodes. Worker and serving wait for answers as long as the real
 * processes do. Whatever a test does to a node, `whole` brings all of them back.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { TopItemsAnswer } from '../../serving/answers.ts';
import { oid } from '../../core/domain/oid.ts';
import { recordsOf } from '../../core/domain/tallies.ts';
import { messageOf } from '../../core/process/errors.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { batchWorld, feed, servingOf } from '../support/batch-world.ts';
import { eventually, ROOT } from '../support/main-job.ts';

const PARTITIONS = [0, 1, 2];
const ASK_EVERY_MS = 100;
/** As serving/app/process.ts. */
const SERVING_LIMITS = { callTimeoutMs: 3_000, operationTimeoutMs: 5_000, mayBeWeak: true };
const READ_LIMIT_MS = 180_000;

export const stack = withRowStore(stackFrom(), {});

export interface Ring {
  readonly world: BatchWorld;
  /** Of the test itself: a quorum always answers it, or nobody does. */
  readonly stores: Stores;
  readonly serving: Serving;
  readonly fed: Feed;
  /** SIGKILL to the worker; another one goes on. */
  restartWorker(): void;
  close(): Promise<void>;
}

export async function openRing(settings: Record<string, string>): Promise<Ring> {
  assert.equal(stack.cassandraNodes, 3, 'a stack of three nodes');
  await whole();
  const world = await batchWorld({ KAFKA_PARTITIONS: '3', SPEED_LINGER_MS: '50', LOG_LEVEL: 'warn', ...settings });
  const stores = await openStores(world.config);
  const start = (): ChildProcess =>
    spawn(process.execPath, ['sightline.mjs', 'speed'], {
      cwd: ROOT,
      env: world.environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  let worker = start();
  const serving = servingOf(world.config, SERVING_LIMITS);
  const fed = await feed(world.config);
  const ring: Ring = {
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
  const isFresh = ({ total, view }: TopItemsAnswer): boolean => total > 0 && view.freshness_ms < 1_500;
  await eventually('fresh counts', () => ask(ring), isFresh, READ_LIMIT_MS);
  return ring;
}

export const kill = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGKILL');
export const halt = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGSTOP');
export const goOn = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGCONT');

/** Starts the nodes that do not run, and waits until all answer. */
export async function whole(): Promise<void> {
  for (const node of [1, 2, 3]) if (pidOf(stack, nameOfNode(node)) !== undefined) goOn(node);
  await clusterUp(stack, () => undefined);
}

export function ask({ serving }: Pick<Ring, 'serving'>): Promise<TopItemsAnswer> {
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
}

/** Asks again and again until `done` has ended, and for `ms` at least. */
export async function watch(ring: Ring, ms: number, done: Promise<unknown> = Promise.resolve()): Promise<Watched> {
  const seen: Watched = { faults: [], asked: 0, oldestMs: 0, longestMs: 0, provisional: 0, grown: 0 };
  let [first, last] = [-1, 0];
  let isDone = false;
  void done.finally(() => (isDone = true)).catch(() => undefined);
  for (const until = Date.now() + ms; Date.now() < until || !isDone; await pause(ASK_EVERY_MS)) {
    const began = Date.now();
    try {
      const answer = await ask(ring);
      seen.oldestMs = Math.max(seen.oldestMs, answer.view.freshness_ms);
      if (answer.view.provisional) seen.provisional++;
      else if (answer.total < last) seen.faults.push(`a total fell from ${last} to ${answer.total}`);
      if (first < 0) first = answer.total;
      last = answer.total;
      seen.grown = last - first;
    } catch (fault) {
      seen.faults.push(messageOf(fault));
    }
    seen.asked++;
    seen.longestMs = Math.max(seen.longestMs, Date.now() - began);
  }
  await done;
  return seen;
}

export function tell(what: string, { asked, faults, longestMs, oldestMs, provisional, grown }: Watched): void {
  const words = [`${asked} questions`, `${faults.length} refused`, `longest ${longestMs} ms`, `oldest ${oldestMs} ms`];
  process.stdout.write(`# ${what}: ${[...words, `${provisional} provisional`, `${grown} counted`].join(', ')}\n`);
}

/** Resolves when the progress of every partition is at the end of the log. The feed must have stopped. */
export async function readToTheEnd({ stores }: Pick<Ring, 'stores'>): Promise<void> {
  const isRead = async (): Promise<boolean> => {
    const ends = await stores.admin.ends();
    const progress = await stores.control.progress(1, PARTITIONS);
    return ends.every(({ partition, high }) => progress[partition]?.nextOffset === high);
  };
  // Strays that come home are records too.
  for (let i = 0; i < 2; i++) await eventually('the log read to its end', isRead, Boolean, READ_LIMIT_MS);
}

/** Every id has its first-met row, each was counted once, and every record is accounted for. */
export async function assertExact(ring: Ring): Promise<void> {
  const { stores, fed } = ring;
  await readToTheEnd(ring);
  const tallies = (await stores.control.progress(1, PARTITIONS)).map((each) => each!.tallies);
  assert.equal(
    tallies.reduce((sum, each) => sum + each.new, 0),
    fed.ids.size,
    'new',
  );
  assert.ok(tallies.reduce((sum, each) => sum + recordsOf(each), 0) >= fed.records);
  const answers = await stores.detections.find([...fed.ids].map((id) => oid(id)));
  assert.equal(answers.filter(({ status }) => status === 'found').length, fed.ids.size, 'first-met rows');
  assert.equal((await ask(ring)).total, fed.ids.size, 'the total of the API');
}
