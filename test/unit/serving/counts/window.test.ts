/** Windows: which times are understood, what is left out, and how counts align. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HOUR_MS, instant, MINUTE_MS } from '../../../../core/domain/time.ts';
import { BadQuestion } from '../../../../serving/faults.ts';
import { alignToMinutes, readTime, windowOf } from '../../../../serving/counts/window.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

test('a time is epoch milliseconds or ISO 8601, in UTC unless it names a zone', () => {
  for (const text of [
    String(NOON),
    '2026-11-22T12:00',
    '2026-11-22T12:00Z',
    '2026-11-22T12:00:00.000Z',
    '2026-11-22T13:00+01:00',
    '2026-11-22T13:00 01:00',
    '2026-11-22T07:00:00-05:00',
  ]) {
    assert.equal(readTime('from', text), NOON, text);
  }
  assert.equal(readTime('from', '2026-11-22'), NOON - 12 * HOUR_MS);
  assert.equal(readTime('from', '0'), 0);
});

test('what is no time is refused by the name of its field', () => {
  for (const text of [
    'x',
    '-1',
    '1e3',
    '2026-02-30',
    '2026-11-22T25:00',
    '2026-11-22 12:00',
    '22.11.2026',
    '12:00',
    '9'.repeat(16),
    '999999999999999',
  ]) {
    assert.throws(
      () => readTime('to', text),
      (fault) => fault instanceof BadQuestion && fault.field === 'to',
      text,
    );
  }
});

test('a question without bounds is about the last hour', () => {
  assert.deepEqual(windowOf({}, NOON), { from: NOON - HOUR_MS, to: NOON });
  assert.deepEqual(windowOf({ from: NOON - 5 }, NOON), { from: NOON - 5, to: NOON });
  assert.deepEqual(windowOf({ to: NOON - 5 }, NOON), { from: NOON - 5 - HOUR_MS, to: NOON - 5 });
  assert.deepEqual(windowOf({ to: 5 }, NOON), { from: 0, to: 5 });
});

test('a window must end after it begins', () => {
  assert.throws(
    () => windowOf({ from: 5, to: 5 }, NOON),
    (fault) => fault instanceof BadQuestion && fault.field === 'to',
  );
  assert.throws(
    () => windowOf({ from: NOON + 1 }, NOON),
    (fault) => fault instanceof BadQuestion && fault.field === 'from',
  );
});

test('aligned to minutes a window never leaves out what was asked for, nor takes in a minute more', () => {
  fc.assert(
    fc.property(fc.nat(NOON), fc.integer({ min: 1, max: 90 * HOUR_MS }), (from, length) => {
      const asked = { from: instant(from), to: instant(from + length) };
      const used = alignToMinutes(asked);
      assert.ok(used.from <= asked.from && used.to >= asked.to);
      assert.ok(asked.from - used.from < MINUTE_MS && used.to - asked.to < MINUTE_MS);
      assert.equal(used.from % MINUTE_MS, 0);
      assert.equal(used.to % MINUTE_MS, 0);
    }),
  );
});
