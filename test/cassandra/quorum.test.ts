/**
 * Quorum: any node of three may die or halt, and no question is refused; with two away everybody waits, and in the end
 * everything was counted once.
 *
 * Figures are printed for docs/decisions/0022-cassandra.md. An answer may be two seconds older than the oldest one
 * while nobody strikes, which is looked at before each strike: what a busy machine adds by itself is no fault of the
 * ring.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ring, Watched } from './ring.ts';
import { ask, assertExact, goOn, halt, kill, openRing, tell, watch, whole } from './ring.ts';
import { eventually } from '../support/main-job.ts';

const FRESH_WITHIN_MS = 2_000;
const WATCH_MS = 10_000;
let ring: Ring;
let undisturbedMs = 0;

before(async () => {
  ring = await openRing({ EPOCH_SECONDS: '86400' });
});
after(async () => {
  await whole();
  await ring.close();
});

async function watchUndisturbed(): Promise<void> {
  const seen = await watch(ring, WATCH_MS);
  tell('three nodes', seen);
  undisturbedMs = Math.max(undisturbedMs, seen.oldestMs);
}

function assertUnnoticed(what: string, seen: Watched): void {
  tell(what, seen);
  assert.deepEqual(seen.faults, [], what);
  assert.ok(seen.asked > 3 && seen.grown > 0, what);
  assert.equal(seen.provisional, 0);
  const limitMs = FRESH_WITHIN_MS + undisturbedMs;
  assert.ok(seen.oldestMs < limitMs, `${what}: an answer was ${seen.oldestMs} ms old, the limit is ${limitMs} ms`);
}

for (const node of [1, 2, 3])
  test(`node ${node} is killed and comes back, and no question is refused`, { timeout: 240_000 }, async () => {
    await watchUndisturbed();
    kill(node);
    try {
      assertUnnoticed(`node ${node} killed`, await watch(ring, WATCH_MS));
    } finally {
      const seen = await watch(ring, 0, whole());
      tell(`node ${node} back`, seen);
      assert.deepEqual(seen.faults, []);
    }
  });

test('a node that is halted and goes on is not noticed either', { timeout: 120_000 }, async () => {
  await watchUndisturbed();
  halt(2);
  try {
    assertUnnoticed('node 2 halted', await watch(ring, WATCH_MS));
  } finally {
    goOn(2);
  }
  const seen = await watch(ring, 3_000);
  tell('node 2 goes on', seen);
  assert.deepEqual(seen.faults, []);
});

test(
  'with two nodes away answers are refused, and nothing is counted until one is back',
  { timeout: 300_000 },
  async () => {
    kill(2);
    kill(3);
    const began = Date.now();
    try {
      const refused = await eventually('a refusal', () => ask(ring).then(() => '', String), Boolean, 60_000);
      assert.match(refused, /Cassandra|replicas|node/);
      await pause(3_000);
    } finally {
      await whole();
    }
    await eventually(
      'an answer',
      () => ask(ring),
      ({ view }) => view.freshness_ms < 5_000,
      120_000,
    );
    process.stdout.write(
      `# two nodes killed: answers again after ${Date.now() - began} ms, ${'start of the nodes included'}\n`,
    );
  },
);

test('in the end every detection was counted once', { timeout: 300_000 }, async () => {
  await ring.fed.stop();
  await assertExact(ring);
});
