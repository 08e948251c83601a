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
import type { TopItemsAnswer } from '../../serving/answers.ts';
import type { StruckWorld } from '../support/struck-world.ts';
import { ask, assertExact, assertUnnoticed, tell, watch } from '../support/struck-world.ts';
import { goOn, halt, kill, openRing, whole } from './ring.ts';
import { eventually } from '../support/main-job.ts';

const WATCH_MS = 10_000;
let ring: StruckWorld;
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

for (const node of [1, 2, 3])
  test(`node ${node} is killed and comes back, and no question is refused`, { timeout: 240_000 }, async () => {
    await watchUndisturbed();
    kill(node);
    try {
      assertUnnoticed(`node ${node} killed`, await watch(ring, WATCH_MS), undisturbedMs);
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
    assertUnnoticed('node 2 halted', await watch(ring, WATCH_MS), undisturbedMs);
  } finally {
    goOn(2);
  }
  const seen = await watch(ring, 3_000);
  tell('node 2 goes on', seen);
  assert.deepEqual(seen.faults, []);
});

test(
  'with two nodes away answers are refused, and nothing is counted until one is back',
  { timeout: 600_000 },
  async () => {
    kill(2);
    kill(3);
    const isFresh = ({ view }: TopItemsAnswer): boolean => view.freshness_ms < 5_000;
    const backAgain = async (): Promise<void> => {
      try {
        const refused = await eventually('a refusal', () => ask(ring).then(() => '', String), Boolean, 60_000);
        assert.match(refused, /Cassandra|replicas|node/);
        await pause(3_000);
      } finally {
        await whole();
      }
      await eventually('an answer', () => ask(ring), isFresh, 300_000);
    };
    const seen = await watch(ring, 0, backAgain());
    tell('two nodes killed and started again', seen);
    assert.ok(seen.faults.length > 0 && seen.faults.every((fault) => !fault.startsWith('a total fell')));
  },
);

test('in the end every detection was counted once', { timeout: 900_000 }, async () => {
  await ring.fed.stop();
  await assertExact(ring);
});
