/**
 * The clocks of the three nodes are apart by twice seven seconds, while detections are counted and epochs published.
 *
 * Every cell has a timestamp of ours, so what a node's clock says changes no count. Light-weight transactions take
 * theirs from it: locks and the horizon move all the same, in a chain in which each step sees the one before. Times to
 * live are off by what the clock is off. A library of a few lines moves the wall clock of a JVM (support/clocks).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import type { Lease } from '../../core/stores/control/lease-rows.ts';
import { endOf, epochAt } from '../../core/domain/epoch.ts';
import { nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { logFile } from '../../hadoop-compose/stack/stack.ts';
import { openBatchOf } from '../support/batch-world.ts';
import { eventually, ROOT } from '../support/main-job.ts';
import type { StruckWorld, Watched } from '../support/struck-world.ts';
import { ask, assertExact, tell, watch } from '../support/struck-world.ts';
import { gone, openRing, stack, startNode, whole } from './ring.ts';

const APART_SECONDS = 7;
const AHEAD = [-APART_SECONDS, 0, APART_SECONDS];
const EPOCH_SECONDS = 30;
const WATCH_MS = 15_000;
const MOVES = 60;
let ring: StruckWorld;

before(async () => {
  ring = await openRing({
    ...{ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '0' },
  });
});
after(async () => {
  for (const node of [1, 2, 3]) await gone(node);
  await whole();
  if (ring) await ring.close();
});

/** By how much the last line of a node's log is ahead of when it was written. */
function aheadMs(node: number): number {
  const file = logFile(stack, nameOfNode(node));
  const said = readFileSync(file, 'utf8')
    .match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/gm)!
    .at(-1)!;
  return Date.parse(`${said.replace(' ', 'T')}Z`) - statSync(file).mtimeMs;
}

/** How old answers are is told only: the nodes have just begun, and their code is not compiled yet. */
function assertAnswered(what: string, seen: Watched): void {
  tell(what, seen);
  assert.deepEqual(seen.faults, [], what);
  assert.ok(seen.grown > 0 && seen.provisional === 0, what);
}

test('nodes whose clocks are apart count on, and no question is refused', { timeout: 600_000 }, async () => {
  const library = join(stack.folder, 'apart.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, join(ROOT, 'test/support/clocks/apart.c')]);
  const seen = await watch(ring, WATCH_MS);
  tell('three nodes', seen);
  // One after the other, as an operator would set a clock.
  for (const [at, ahead] of AHEAD.entries()) {
    await gone(at + 1);
    await startNode(at + 1, { before: `env LD_PRELOAD='${library}' CLOCK_AHEAD_SECONDS=${ahead}` });
    await whole();
    assert.ok(Math.abs(aheadMs(at + 1) - ahead * 1_000) < 2_000, `node ${at + 1} is ${aheadMs(at + 1)} ms ahead`);
  }
  assertAnswered(`clocks apart by ${2 * APART_SECONDS} s`, await watch(ring, WATCH_MS));
});

test('with clocks apart each comparison sees the one before', { timeout: 300_000 }, async () => {
  const { control } = ring.stores;
  const name = 'clocks';
  let late = 0;
  const lease = (renewal: number): Lease => ({ owner: `owner ${renewal}`, renewal, lengthMs: 1_000 });
  // A busy ring may be late, and whoever takes a lock looks again then.
  const move = (from: Lease | null, to: Lease): Promise<boolean> =>
    eventually(
      'an answer',
      () => control.moveLease(name, from, to),
      () => true,
      60_000,
    );
  let held = await control.lease(name);
  assert.equal(held, null);
  for (let renewal = 1; renewal <= MOVES; renewal++) {
    const isMoved = await move(held, lease(renewal));
    const now = await control.lease(name);
    assert.deepEqual(now, lease(renewal));
    // A move whose answer was late held, and is refused when it is asked for again.
    if (!isMoved) late++;
    assert.equal(await move(held, lease(-renewal)), false, `a move from what was before ${renewal}`);
    held = now;
  }
  process.stdout.write(`# clocks apart: ${late} of ${MOVES} comparisons were late\n`);
  assert.ok(late < MOVES / 2, `${late} of ${MOVES} answers were late`);
});

test('when a node is killed meanwhile, no question is refused either', { timeout: 300_000 }, async () => {
  // Of the two that are left the clocks are apart the most.
  await gone(2);
  try {
    assertAnswered('clocks apart, node 2 killed', await watch(ring, WATCH_MS));
  } finally {
    await whole();
  }
});

test('in the end every detection was counted once, and every epoch is proved', { timeout: 600_000 }, async () => {
  await ring.fed.stop();
  await assertExact(ring);
  const batch = await openBatchOf(ring.world.config);
  try {
    const { rules } = batch.context;
    const last = epochAt(Date.now(), rules);
    await pause(Math.max(0, endOf(last, rules) - Date.now() + 300));
    // Whoever finds the lock's answer late tries again, as the scheduler does.
    const { reports } = await eventually(
      'a run',
      () => publishEpochs(batch.context, { from: null, to: last }),
      () => true,
      120_000,
    );
    assert.deepEqual([...new Set(reports.map(({ result }) => result))], ['proved']);
    const isOfBatch = ({ parts }: Awaited<ReturnType<typeof ask>>): boolean => parts?.speed === 0;
    const answer = await eventually('an answer of the batch view', () => ask(ring), isOfBatch, 60_000);
    assert.equal(answer.total, ring.fed.ids.size);
  } finally {
    await batch.close();
  }
});
