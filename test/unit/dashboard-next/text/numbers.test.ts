import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { change, changeRank, compact, count, share, tick } from '../../../../dashboard-next/text/numbers.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const anyCount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test('a count is written digit by digit, whatever its size', () => {
  fc.assert(fc.property(anyCount, (n) => count(n).replaceAll(',', '') === String(n)));
  assert.equal(count(866_939_979), '866,939,979');
  assert.equal(count(Number.MAX_SAFE_INTEGER), '9,007,199,254,740,991');
});

test('a compact number has three digits and the next unit as soon as it needs it', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [999, '999'],
    [1_000, '1.00 k'],
    [12_437, '12.4 k'],
    [999_499, '999 k'],
    [999_950, '1.00 M'],
    [841_000_000, '841 M'],
    [1_239_000_000, '1.24 bn'],
    [1.24e12, '1,240 bn'],
  ];
  for (const [n, text] of cases) assert.equal(plain(compact(n)), text);
  assert.equal(plain(tick(8_000_000)), '8 M');
  assert.equal(plain(tick(2_500)), '2.5 k');
  assert.equal(plain(tick(200)), '200');
});

test('a part above zero is never 0 %, and only the whole is 100 %', () => {
  assert.equal(plain(share(387, 1_000)), '38.7 %');
  assert.equal(plain(share(1, 1_000_000)), '< 0.1 %');
  assert.equal(plain(share(999_999, 1_000_000)), '> 99.9 %');
  assert.equal(share(0, 0), '–');
  fc.assert(
    fc.property(
      anyCount,
      anyCount,
      (a, b) => a === 0 || a + b > Number.MAX_SAFE_INTEGER || share(a, a + b) !== '0.0\u00a0%',
    ),
  );
});

test('a change has a direction, or is new, or unknown', () => {
  const cases: [number | null, number | null, string, string][] = [
    [1_031, 1_000, 'up', '3.1 %'],
    [969, 1_000, 'down', '3.1 %'],
    [10_001, 10_000, 'same', '0.0 %'],
    [5, 0, 'new', 'new'],
    [0, 0, 'unknown', '–'],
    [null, 3, 'unknown', '–'],
    [3, null, 'unknown', '–'],
    [0, 3, 'down', '100.0 %'],
    [36, 3, 'times', '× 12'],
  ];
  for (const [now, before, direction, text] of cases) {
    assert.deepEqual({ ...change(now, before), text: plain(change(now, before).text) }, { direction, text });
  }
});

test('sorted by change, new rows come first and unknown ones last', () => {
  const ranks = [changeRank(5, 0), changeRank(9, 3), changeRank(3, 9), changeRank(null, 1)];
  assert.deepEqual(
    ranks,
    [...ranks].sort((a, b) => (b > a ? 1 : -1)),
  );
});
