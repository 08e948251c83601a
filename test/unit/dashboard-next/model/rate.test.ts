import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RateTrack } from '../../../../dashboard-next/model/rate.ts';
import { NO_RATE, rateRange, sparkPath, trackRate } from '../../../../dashboard-next/model/rate.ts';

/** A sample a second of a total that grows by `perSecond`. */
function run(track: RateTrack, key: string, from: number, seconds: number, perSecond: number): RateTrack {
  let next = track;
  for (let s = 0; s <= seconds; s++)
    next = trackRate(next, { key, asOf: (from + s) * 1_000, total: 5_000 + s * perSecond });
  return next;
}

test('a steady stream has its rate after three seconds', () => {
  assert.equal(run(NO_RATE, 'a', 0, 2, 100).rate, null);
  assert.equal(run(NO_RATE, 'a', 0, 3, 100).rate, 100);
});

test('when the bounds move the rate stays until there are new samples, and is never negative', () => {
  const before = run(NO_RATE, 'a', 0, 20, 100);
  const moved = trackRate(before, { key: 'b', asOf: 21_000, total: 12 });
  assert.equal(moved.rate, 100);
  assert.equal(run(moved, 'c', 22, 5, 300).rate, 300);
  assert.equal(run(NO_RATE, 'a', 0, 5, -7).rate, 0);
});

test('an answer of the same moment adds no sample', () => {
  const track = run(NO_RATE, 'a', 0, 5, 100);
  assert.equal(trackRate(track, { key: 'a', asOf: 5_000, total: 999_999 }), track);
});

test('the rate covers ten seconds, the line a minute', () => {
  const track = run(run(NO_RATE, 'a', 0, 60, 100), 'b', 61, 120, 500);
  assert.equal(track.rate, 500);
  assert.deepEqual(rateRange(track), { min: 500, max: 500, overMs: 59_000 });
});

test('quiet begins when the total last grew', () => {
  const busy = run(NO_RATE, 'a', 0, 5, 100);
  const quiet = [6, 7, 8, 40].reduce((track, s) => trackRate(track, { key: 'a', asOf: s * 1_000, total: 5_500 }), busy);
  assert.equal(quiet.grewAt, 5_000);
  assert.equal(quiet.rate, 0);
});

test('the line ends at the right edge and needs two points', () => {
  assert.equal(sparkPath(run(NO_RATE, 'a', 0, 3, 100)).line, '');
  assert.match(sparkPath(run(NO_RATE, 'a', 0, 10, 100)).line, /L100\.00 8\.00$/);
});
