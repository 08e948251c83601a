/**
 * Patterns say exactly what readers take: the OpenAPI document shows them, and a caller who keeps to them is never
 * refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digitsUpTo } from '../../../../core/domain/digits.ts';
import { OID_PATTERN, readOid } from '../../../../core/domain/oid.ts';
import { isDateText, LAST_INSTANT, readTimeText, TIME_PATTERN } from '../../../../core/domain/time.ts';

const OIDS = new RegExp(OID_PATTERN);

test('a bound as a pattern takes what is not greater, and nothing else', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.bigInt({ min: 0n, max: 10n ** 19n }), (bound, value) => {
      const pattern = new RegExp(`^(?:${digitsUpTo(String(bound), 0)})$`);
      assert.equal(pattern.test(String(value).padStart(String(bound).length, '0')), value <= bound);
      assert.ok(pattern.test(String(bound)));
    }),
  );
});

test('the pattern of ids takes what the reader takes, to the last number on both sides', () => {
  const edges = [2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 10n ** 18n, 10n ** 19n, -(10n ** 18n)].map(
    String,
  );
  for (const text of ['', '-0', '0', '00', '007', '1.0', '1e3', '+1', ' 1', ...edges])
    assert.equal(OIDS.test(text), readOid(text).ok, text);
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), (value) =>
      assert.equal(OIDS.test(String(value)), readOid(String(value)).ok),
    ),
  );
});

test('days are those of the calendar, every one of 1970 to 9999', () => {
  const last = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
  const two = (n: number): string => String(n).padStart(2, '0');
  for (const year of [1969, 1970, 1972, 1999, 2000, 2024, 2026, 2100, 2400, 3600, 4000, 9600, 9700, 9996, 9999]) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const exists = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= last(year, month);
        assert.equal(isDateText(`${year}-${two(month)}-${two(day)}`), exists, `${year}-${month}-${day}`);
      }
    }
  }
  for (let year = 1970; year <= 9999; year++)
    assert.equal(isDateText(`${year}-02-29`), last(year, 2) === 29, String(year));
});

test('every text that the pattern of times takes is an instant', () => {
  const anyTime = fc.stringMatching(new RegExp(TIME_PATTERN));
  fc.assert(
    fc.property(anyTime, (text) => {
      const t = readTimeText(text);
      assert.ok(t !== null && Number.isSafeInteger(t) && t >= 0 && t <= LAST_INSTANT + 1, text);
    }),
    { numRuns: 2_000 },
  );
});
