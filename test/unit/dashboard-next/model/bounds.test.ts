import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WindowName } from '../../../../dashboard-next/model/address.ts';
import { WINDOW_NAMES, WINDOWS } from '../../../../dashboard-next/model/address.ts';
import {
  bucketWords,
  comparisonOf,
  isOver,
  lengthWords,
  lineBeforeOf,
  MINUTE_MS,
  neighbour,
  spanOf,
  stepSecondsOf,
} from '../../../../dashboard-next/model/bounds.ts';
import { NBSP } from '../../../../dashboard-next/text/times.ts';

const rolling = (window: WindowName) => ({ window, fixed: null, tz: 'UTC' });
const fixed = (from: number, to: number, tz = 'UTC') => ({ window: '1h' as const, fixed: { from, to }, tz });
const anyTime = fc.integer({ min: 1.6e12, max: 1.9e12 });
const anyWindow = fc.constantFrom(...WINDOW_NAMES);

test('a rolling window holds its whole length and now, in whole minutes', () => {
  fc.assert(
    fc.property(anyWindow, anyTime, (window, now) => {
      const { from, to } = spanOf(rolling(window), now);
      assert.ok(from <= now - WINDOWS[window] * MINUTE_MS && to > now);
      assert.equal(from % MINUTE_MS, 0);
      assert.equal(to - from, (WINDOWS[window] + 1) * MINUTE_MS);
    }),
  );
});

test('compared periods are complete, equally long and adjacent', () => {
  fc.assert(
    fc.property(anyWindow, anyTime, (window, asOf) => {
      const { now, before } = comparisonOf(rolling(window), asOf)!;
      assert.ok(now.to <= asOf - 10_000 && now.to > asOf - 10_000 - MINUTE_MS);
      assert.equal(before.to, now.from);
      assert.equal(before.to - before.from, now.to - now.from);
    }),
  );
});

test('a range that is not over is compared up to its last complete minute', () => {
  const from = Date.UTC(2026, 10, 23);
  const asOf = from + 90 * MINUTE_MS;
  const periods = comparisonOf(fixed(from, from + 120 * MINUTE_MS), asOf)!;
  assert.deepEqual(periods.now, { from, to: from + 89 * MINUTE_MS });
  assert.deepEqual(periods.before, { from: from - 120 * MINUTE_MS, to: from - 31 * MINUTE_MS });
  assert.equal(comparisonOf(fixed(from, from + MINUTE_MS), from), null);
});

test('a timeline has at most 180 buckets, or days', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (minutes) => {
      const step = stepSecondsOf(fixed(0, minutes * MINUTE_MS));
      assert.ok((minutes * 60) / step <= 180 || step === 86_400);
    }),
  );
  assert.deepEqual(
    WINDOW_NAMES.map((window) => stepSecondsOf(rolling(window))),
    [60, 60, 60, 600, 3_600],
  );
});

test('the line of the period before matches the buckets of the window', () => {
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 1, max: 100_000 }), (at, minutes) => {
      const from = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      const chosen = fixed(from, from + minutes * MINUTE_MS);
      const { span, shiftMs } = lineBeforeOf(chosen, chosen.fixed)!;
      const stepMs = stepSecondsOf(chosen) * 1_000;
      assert.equal(shiftMs % stepMs, 0);
      assert.equal(span.from % stepMs, 0);
      assert.ok(span.from + shiftMs <= from && span.to + shiftMs >= chosen.fixed.to);
    }),
  );
});

test('the period before and back again is the rolling window', () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 30);
  const before = neighbour(rolling('1h'), -1, now)!;
  assert.deepEqual(before, { from: Date.UTC(2026, 10, 23, 10), to: Date.UTC(2026, 10, 23, 11) });
  const after = neighbour({ ...rolling('1h'), fixed: before }, 1, now)!;
  assert.equal(after.to, Date.UTC(2026, 10, 23, 12));
  assert.equal(neighbour({ ...rolling('1h'), fixed: after }, 1, now), null);
});

test('a range is over when it lies in the past', () => {
  assert.ok(isOver(fixed(0, 60_000), 60_000));
  assert.ok(!isOver(fixed(0, 60_000), 59_999));
  assert.ok(!isOver(rolling('1h'), Infinity));
});

const NEW_YORK = 'America/New_York';
/** Midnight there of a day of November 2026, on whose first clocks are put back. */
const november = (day: number): number => Date.UTC(2026, 10, day, day > 1 ? 5 : 4);

test('the period before some days is as many days of the zone, also when clocks change', () => {
  const chosen = fixed(november(-1), november(13), NEW_YORK);
  assert.deepEqual(lineBeforeOf(chosen, chosen.fixed), {
    span: { from: november(-15), to: november(-1) },
    shiftMs: 14 * 86_400_000,
  });
});

test('from whole days the arrows lead to whole days, also if one of them has 25 hours', () => {
  const day = (n: number) => fixed(november(n), november(n + 1), NEW_YORK);
  const now = november(20);
  assert.deepEqual(
    [1, -1].map((direction) => neighbour(day(1), direction as 1 | -1, now)),
    [day(2).fixed, day(0).fixed],
  );
  assert.deepEqual(neighbour(day(2), -1, now), day(1).fixed);
  assert.deepEqual(neighbour(fixed(november(2), november(2) + 7_200_000, NEW_YORK), -1, now), {
    from: november(2) - 7_200_000,
    to: november(2),
  });
});

test('whole days are counted as days, also if one of them has 25 hours', () => {
  assert.equal(lengthWords(fixed(november(-1), november(13), NEW_YORK)), `14${NBSP}d`);
  assert.equal(lengthWords(fixed(november(1), november(2), NEW_YORK)), `25${NBSP}h`);
  assert.equal(lengthWords(rolling('7d')), `7${NBSP}d`);
  assert.deepEqual([60, 600, 3_600, 86_400].map(bucketWords), ['min', `10${NBSP}min`, 'h', 'day']);
});
