/**
 * A node is cut off from the other two and from everybody who asks, while its process goes on; then the cut is healed.
 *
 * A killed node refuses connections at once, and one that is cut off says nothing: requests to it wait until somebody
 * gives up. It misses what is written meanwhile, and gets it afterwards.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cassandraRingReady } from '../../hadoop-compose/cluster/cassandra-ring.ts';
import { eventually } from '../support/main-job.ts';
import type { StruckWorld } from '../support/struck-world.ts';
import { assertExact, assertUnnoticed, tell, watch } from '../support/struck-world.ts';
import { cutOff, heal, inGroup } from './cut.ts';
import { gone, openRing, stack, startNode, whole } from './ring.ts';

const NODE = 3;
const WATCH_MS = 15_000;
/** Longer than a node's connections live that nobody acknowledges (30 s). */
const LONG_MS = 40_000;
let ring: StruckWorld;

before(async () => {
  assert.equal(process.getuid?.(), 0, 'root alone may drop packets; run this test as root');
  heal(stack);
  ring = await openRing({ EPOCH_SECONDS: '86400' });
  await gone(NODE);
  await startNode(NODE, { before: inGroup(stack) });
  await whole();
});
after(async () => {
  heal(stack);
  await gone(NODE);
  await whole();
  if (ring) await ring.close();
});

const isWhole = (): Promise<void> =>
  eventually(
    'a ring in which every node reaches all',
    () => cassandraRingReady(stack),
    (missing) => missing === undefined,
    120_000,
  ).then(() => undefined);

for (const [words, ms] of [
  ['for a short time', WATCH_MS],
  ['for longer than its connections live', LONG_MS],
] as const)
  test(`a node is cut off ${words} and healed, and no question is refused`, { timeout: 300_000 }, async () => {
    await isWhole();
    const usual = await watch(ring, WATCH_MS);
    tell('three nodes', usual);
    cutOff(stack, NODE);
    try {
      const seen = await watch(ring, ms);
      assert.notEqual(await cassandraRingReady(stack), undefined, 'the node is cut off');
      assertUnnoticed(`a node is cut off ${words}`, seen, usual.oldestMs);
    } finally {
      heal(stack);
    }
    const healed = await watch(ring, 3_000, isWhole());
    tell('the cut is healed', healed);
    assert.deepEqual(healed.faults, []);
  });

test('in the end every detection was counted once', { timeout: 300_000 }, async () => {
  await ring.fed.stop();
  await assertExact(ring);
});
