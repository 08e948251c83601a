/**
 * One replica: with two of three nodes away counting and answers go on. Every answer says that it is provisional
 * and what
 * is in doubt, whatever was wrong lies within, and when the epochs are published everything equals the truth.
 *
 * The truth is what the feed sent, by minute. The worker is killed amid it, so its memory does not help the next one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { inDoubt } from '../../core/domain/doubt.ts';
import { endOf, epochAt } from '../../core/domain/epoch.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { eventually } from '../support/main-job.ts';
import { openBatchOf } from '../support/batch-world.ts';
import type { Ring } from './ring.ts';
import { ask, kill, openRing, readToTheEnd, tell, watch, whole } from './ring.ts';

const EPOCH_SECONDS = 30;
const AWAY_MS = 15_000;
const PARTITIONS = [0, 1, 2];
let ring: Ring;

before(async () => {
  ring = await openRing({
    ...{ EPOCH_SECONDS: String(EPOCH_SECONDS), CASSANDRA_CONSISTENCY: 'one' },
    ...{ SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '0' },
  });
});
after(async () => {
  await whole();
  await ring.close();
});

const doubts = async () => {
  const progress = await ring.stores.control.progress(1, PARTITIONS);
  return progress.map((each) => each!);
};

test('with one node away a quorum answers, and nothing is provisional', { timeout: 300_000 }, async () => {
  kill(3);
  try {
    const seen = await watch(ring, 8_000);
    tell('one, node 3 killed', seen);
    assert.deepEqual(seen.faults, []);
    assert.equal((await doubts()).filter((each) => each.doubts).length, 0);
  } finally {
    await whole();
  }
});

test('with two nodes away counting and answers go on, and each answer says so', { timeout: 300_000 }, async () => {
  const before = (await ask(ring)).total;
  kill(2);
  kill(3);
  const struckAt = Date.now();
  try {
    const first = await eventually(
      'a provisional answer',
      () => ask(ring),
      ({ view }) => view.provisional === true,
      60_000,
    );
    process.stdout.write(`# one, two nodes killed: a provisional answer after ${Date.now() - struckAt} ms\n`);
    assert.ok(first.view.in_doubt);
    await eventually(
      'counts that go on',
      () => ask(ring),
      ({ total }) => total > before,
      60_000,
    );
    const seen = await watch(ring, AWAY_MS);
    tell('one, two nodes away', seen);
    assert.deepEqual(seen.faults, []);
    assert.equal(seen.provisional, seen.asked, 'never silent');
    assert.ok(seen.grown > 0, 'counting goes on');
    ring.restartWorker();
    const another = await watch(ring, AWAY_MS);
    tell('one, two nodes away, another worker', another);
    assert.deepEqual(another.faults, []);
    assert.equal(another.provisional, another.asked, 'never silent');
  } finally {
    await whole();
  }
});

test(
  'when the nodes are back the span is read again by a quorum, and is in doubt until it is published',
  { timeout: 300_000 },
  async () => {
    const isReadAgain = (all: Awaited<ReturnType<typeof doubts>>): boolean =>
      all.some((each) => each.doubts) && all.every((each) => each.doubts?.at(-1)?.state !== 'open');
    const all = await eventually('spans that were read again', doubts, isReadAgain, 120_000);
    await ring.fed.stop();
    await readToTheEnd(ring);
    const announced = inDoubt(all, null, ring.stores.rules);
    assert.ok(announced, 'something is in doubt');
    const answer = await eventually(
      'an answer of a quorum',
      () => ask(ring),
      ({ view }) => view.in_doubt?.from === announced.from,
      30_000,
    );
    assert.equal(answer.view.provisional, true);
    const off = answer.total - ring.fed.ids.size;
    process.stdout.write(
      `# one, before publishing: ${answer.total} counted, ${ring.fed.ids.size} sent; announced ${announced.to - announced.from} ms\n`,
    );
    // Outside of what was announced every count is right; the feed lives by the same clock as the cameras.
    const to = Date.now() + 60_000;
    const { points } = await ring.serving.timeline({ location: 'all', from: to - 7_200_000, to, stepSeconds: 60 });
    const sent = new Map<number, number>();
    for (const [at, count] of ring.fed.minutes) sent.set(at, count);
    const wrong = points.filter(({ t, count }) => count !== (sent.get(t) ?? 0)).map(({ t }) => t);
    for (const minute of wrong)
      assert.ok(
        minute + 60_000 > announced.from && minute <= announced.to,
        `minute ${minute} is wrong and was not in doubt`,
      );
    assert.equal(wrong.length === 0, off === 0);
  },
);

test(
  'after the epochs are published everything equals the truth, and nothing is provisional',
  { timeout: 600_000 },
  async () => {
    const batch = await openBatchOf(ring.world.config);
    try {
      const { rules } = batch.context;
      const last = epochAt(Date.now(), rules);
      await pause(Math.max(0, endOf(last, rules) - Date.now() + 300));
      const horizon = await batch.context.control.horizon(rules.generation);
      const from = horizon ? horizon.epoch + 1 : rules.firstEpoch;
      const { reports, stopReason } = await publishEpochs(batch.context, { from: from as typeof last, to: last });
      assert.ok(reports.length > 0, stopReason ?? '');
      const named = reports.filter(({ result }) => result === 'repaired').map(({ epoch }) => epoch);
      process.stdout.write(`# one, published ${reports.length} epochs, repaired ${named.join(', ') || 'none'}\n`);
      const answer = await eventually(
        'an answer of the batch view',
        () => ask(ring),
        ({ parts }) => parts?.speed === 0,
        60_000,
      );
      assert.equal(answer.total, ring.fed.ids.size);
      assert.equal(answer.view.provisional, undefined, 'never for ever');
    } finally {
      await batch.close();
    }
  },
);
