/**
 * Doubt: a span opens with the first weak answer, is read again from its beginning, and stays until it is
 * published.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counted, Doubted } from '../../../../core/domain/doubt.ts';
import {
  beginningOf,
  doubtsAfter,
  inDoubt,
  MOST_DOUBTS,
  waitsForRereading,
  withoutRereading,
} from '../../../../core/domain/doubt.ts';
import { epoch } from '../../../../core/domain/epoch.ts';
import type { Rules } from '../../../../core/domain/rules.ts';
import { NO_TALLIES } from '../../../../core/domain/tallies.ts';
import type { Instant } from '../../../../core/domain/time.ts';

const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 1, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 1 },
  ...{ firstEpoch: 0, firstOffsets: [0] },
};
const START: Doubted = { nextOffset: 10, arrival: 1_000 as Instant, tallies: { ...NO_TALLIES, new: 10 } };

/** Counts records up to an offset; arrivals are a hundred times the offset. */
function count(before: Doubted, nextOffset: number, isWeak: boolean, detected: Counted['detected'] = null): Doubted {
  const arrival = (nextOffset * 100) as Instant;
  const tallies = { ...NO_TALLIES, new: nextOffset };
  const doubts = doubtsAfter(before, { nextOffset, arrival, detected, isWeak });
  return { nextOffset, arrival, tallies, doubts };
}

test('nothing is in doubt while a quorum answers', () => {
  assert.deepEqual(count(START, 20, false).doubts, []);
});

test('a span opens where the first weak round began, and grows until it is read again', () => {
  const weak = count(START, 20, true, { from: 5, to: 9 });
  const later = count(weak, 30, false, { from: 3, to: 8 });
  const [span] = later.doubts!;
  assert.deepEqual([span!.from, span!.to, span!.state, span!.detected], [10, 30, 'open', { from: 3, to: 9 }]);
  assert.ok(waitsForRereading(later));
  assert.ok(!waitsForRereading(START));
});

test('a span that is read again begins with the tallies and the arrival of its beginning', () => {
  const again = beginningOf(count(count(START, 20, true), 30, true));
  assert.deepEqual([again.nextOffset, again.arrival, again.tallies.new], [10, 1_000, 10]);
  assert.ok(!waitsForRereading(again));
  const half = count(again, 20, false);
  assert.equal(half.doubts!.at(-1)!.state, 'rereading');
  const whole = count(half, 34, false);
  assert.deepEqual([whole.doubts!.at(-1)!.state, whole.doubts!.at(-1)!.to], ['reread', 34]);
  assert.ok(!waitsForRereading(whole));
  assert.equal(beginningOf(whole), whole);
});

test('a weak round amid the second reading opens the span again', () => {
  const half = count(beginningOf(count(START, 30, true)), 20, true);
  assert.equal(half.doubts!.at(-1)!.state, 'open');
  const end = count(half, 30, false);
  assert.ok(waitsForRereading(end));
});

test('a worker that dies amid the second reading leaves a span that begins anew', () => {
  const half = count(beginningOf(count(START, 30, true)), 20, false);
  assert.equal(beginningOf(half).nextOffset, 10);
});

test('another span follows one that was read again', () => {
  const first = count(beginningOf(count(START, 20, true)), 20, false);
  const second = count(first, 40, true);
  assert.deepEqual(
    second.doubts!.map(({ from, to, state }) => [from, to, state]),
    [
      [10, 20, 'reread'],
      [20, 40, 'open'],
    ],
  );
});

test('with equal offsets the store keeps the greater text, which is the span that was read again', () => {
  const open = count(START, 20, true);
  const reread = count(beginningOf(open), 20, false);
  const text = (progress: Doubted) => JSON.stringify(progress.doubts);
  assert.deepEqual({ ...open, doubts: null }, { ...reread, doubts: null });
  assert.ok(text(reread) > text(open));
});

test('the number of spans is bounded, and none of their time is forgotten', () => {
  let progress = START;
  for (let i = 1; i <= MOST_DOUBTS + 5; i++) {
    const weak = count(progress, progress.nextOffset + 1, true, { from: i, to: i });
    progress = count(beginningOf(weak), weak.nextOffset, false);
  }
  assert.equal(progress.doubts!.length, MOST_DOUBTS);
  assert.deepEqual(inDoubt([progress], null, RULES), { from: 1, to: MOST_DOUBTS + 5 });
});

test('doubt ends when its last epoch is published, and not before', () => {
  const progress = count(count(START, 30, true, { from: 500, to: 900 }), 31, true, { from: 400, to: 700 });
  assert.deepEqual(inDoubt([START, progress], null, RULES), { from: 400, to: 900 });
  assert.deepEqual(inDoubt([progress], epoch(2), RULES), { from: 400, to: 900 });
  assert.equal(inDoubt([progress], epoch(3), RULES), null);
});

test('where the log has lost the beginning, the batch layer alone repairs the span', () => {
  const given = withoutRereading(count(START, 30, true, { from: 1, to: 2 }));
  assert.ok(!waitsForRereading(given));
  assert.deepEqual(inDoubt([given], null, RULES), { from: 1, to: 2 });
});
