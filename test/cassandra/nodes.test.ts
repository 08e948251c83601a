/**
 * Three nodes of Cassandra, a quorum of which answers: each node is killed in turn, halted and started again, while
 * detections come and questions are asked. No question is refused, answers stay fresh, and everything counts once.
 *
 * `npm run test:cassandra` gives it a stack of three nodes.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { recordsOf } from '../../core/domain/tallies.ts';
import { messageOf } from '../../core/process/errors.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { batchWorld, feed, servingOf } from '../support/batch-world.ts';
import { ROOT } from '../support/main-job.ts';

/** How old an answer may be while a node is away. */
const FRESH_WITHIN_MS = 2_000;
const ASK_EVERY_MS = 100;
/** How long each state of the ring is watched. */
const WATCH_MS = 12_000;

const stack = withRowStore(stackFrom(), {});
let world: BatchWorld;
let stores: Stores;
let serving: Serving;
let fed: Feed;
let worker: ChildProcess;

before(async () => {
  assert.equal(stack.cassandraNodes, 3, 'a stack of three nodes');
  world = await batchWorld({ EPOCH_SECONDS: '86400', KAFKA_PARTITIONS: '3', SPEED_LINGER_MS: '50' });
  stores = await openStores(world.config);
  worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  serving = servingOf(world.config);
  fed = await feed(world.config);
  await untilFresh();
});

after(async () => {
  await fed.stop().catch(() => undefined);
  worker.kill('SIGKILL');
  await serving.close();
  await stores.close();
  await world.drop();
});

interface Watched {
  readonly faults: string[];
  asked: number;
  oldestMs: number;
  longestMs: number;
  total: number;
}

const ask = () => {
  const to = Date.now() + 60_000;
  return serving.topItems({ location: 'all', from: to - 3_600_000, to, limit: 3, parts: false });
};

async function untilFresh(): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await pause(200)) {
    const answer = await ask().catch(() => null);
    if (answer && answer.total > 0 && answer.view.freshness_ms < 1_000) return;
    assert.ok(Date.now() < deadline, 'nothing is counted');
  }
}

/** Asks again and again for so long. */
async function watch(ms: number): Promise<Watched> {
  const seen: Watched = { faults: [], asked: 0, oldestMs: 0, longestMs: 0, total: 0 };
  for (const until = Date.now() + ms; Date.now() < until; await pause(ASK_EVERY_MS)) {
    const began = Date.now();
    try {
      const answer = await ask();
      seen.oldestMs = Math.max(seen.oldestMs, answer.view.freshness_ms);
      if (answer.total < seen.total) seen.faults.push(`a total fell from ${seen.total} to ${answer.total}`);
      seen.total = answer.total;
    } catch (fault) {
      seen.faults.push(messageOf(fault));
    }
    seen.asked++;
    seen.longestMs = Math.max(seen.longestMs, Date.now() - began);
  }
  return seen;
}

function assertGood(what: string, seen: Watched): void {
  const { faults, asked, oldestMs, longestMs } = seen;
  process.stdout.write(`# ${what}: ${asked} questions, longest ${longestMs} ms, oldest answer ${oldestMs} ms\n`);
  assert.deepEqual(faults, [], what);
  assert.ok(asked > 10, what);
  assert.ok(oldestMs < FRESH_WITHIN_MS, `${what}: an answer was ${oldestMs} ms old`);
}

for (const node of [1, 2, 3]) {
  test(`node ${node} is killed and comes back, and nobody notices`, { timeout: 240_000 }, async () => {
    process.kill(pidOf(stack, nameOfNode(node))!, 'SIGKILL');
    assertGood(`node ${node} killed`, await watch(WATCH_MS));
    const [seen] = await Promise.all([watch(WATCH_MS), clusterUp(stack, () => undefined)]);
    assertGood(`node ${node} back`, seen);
  });
}

test('a node that is halted and goes on is not noticed either', { timeout: 120_000 }, async () => {
  const pid = pidOf(stack, nameOfNode(2))!;
  process.kill(pid, 'SIGSTOP');
  const seen = await watch(WATCH_MS).finally(() => process.kill(pid, 'SIGCONT'));
  assertGood('node 2 halted', seen);
});

test('in the end every detection was counted once', { timeout: 120_000 }, async () => {
  await fed.stop();
  const partitions = [0, 1, 2];
  for (;;) {
    const ends = await stores.admin.ends();
    const progress = await stores.control.progress(1, partitions);
    if (ends.every(({ partition, high }) => progress[partition]?.nextOffset === high)) {
      const tallies = progress.map((each) => each!.tallies);
      assert.equal(
        tallies.reduce((sum, each) => sum + each.new, 0),
        fed.ids.size,
      );
      assert.ok(tallies.reduce((sum, each) => sum + recordsOf(each), 0) >= fed.records);
      return;
    }
    await pause(200);
  }
});
