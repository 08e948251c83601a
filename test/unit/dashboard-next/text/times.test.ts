import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ago,
  boundsText,
  clockOnce,
  clockTenths,
  laterText,
  lengthText,
  moment,
  weekday,
} from '../../../../dashboard-next/text/times.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const now = Date.UTC(2026, 10, 23, 14, 32, 6, 480);

test('bounds name each day once, and a year only if it is another one', () => {
  assert.equal(
    boundsText({ from: Date.UTC(2026, 10, 22, 14, 32), to: Date.UTC(2026, 10, 23, 14, 33) }, 'UTC', now),
    '22 Nov 14:32 – 23 Nov 14:33',
  );
  assert.equal(
    boundsText({ from: Date.UTC(2026, 10, 23, 13, 32), to: Date.UTC(2026, 10, 23, 14, 33) }, 'Europe/Berlin', now),
    '23 Nov 14:32 – 15:33',
  );
  assert.equal(
    boundsText({ from: Date.UTC(2025, 11, 31, 23), to: Date.UTC(2026, 0, 1) }, 'UTC', now),
    '31 Dec 2025 23:00 – 1 Jan 00:00',
  );
});

test('a moment of another day names the day', () => {
  assert.equal(moment(now, 'UTC', now), '14:32:06 UTC');
  assert.equal(moment(now - 86_400_000, 'UTC', now), '22 Nov 14:32:06 UTC');
  assert.equal(clockTenths(now, 'UTC'), '14:32:06.4');
  assert.equal(weekday(now, 'UTC'), 'Mon 23');
});

test('a length of time has one unit and never claims more than has passed', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [34_999, '34 s'],
    [59_999, '59 s'],
    [244_000, '4 min'],
    [10_800_000, '3 h'],
    [200_000_000, '2 d'],
  ];
  for (const [ms, text] of cases) assert.equal(plain(ago(ms)), text);
  assert.equal(plain(ago(840, true)), '0.8 s');
  assert.equal(plain(lengthText(86_400_000)), '24 h');
  assert.equal(plain(lengthText(7 * 86_400_000)), '7 d');
  assert.equal(plain(lengthText(5_400_000)), '1 h 30 min');
});

test('how much later one moment was than another is exact below a second', () => {
  const cases: [number, string][] = [
    [0, 'in the same millisecond'],
    [77, '77 ms later'],
    [-77, '77 ms before that'],
    [4_250, '4.2 s later'],
    [-90_000, '1 min before that'],
  ];
  for (const [ms, text] of cases) assert.equal(plain(laterText(ms)), text);
});

test('on the night when clocks go back every time has its offset', () => {
  const zone = 'America/New_York';
  const [half, one, halfAgain] = [Date.UTC(2026, 10, 1, 5, 30), Date.UTC(2026, 10, 1, 6), Date.UTC(2026, 10, 1, 6, 30)];
  assert.equal(boundsText({ from: half, to: one }, zone, now), '1 Nov 01:30 UTC−4 – 01:00 UTC−5');
  assert.equal(boundsText({ from: half, to: halfAgain }, zone, now), '1 Nov 01:30 UTC−4 – 01:30 UTC−5');
  assert.equal(
    boundsText({ from: Date.UTC(2026, 10, 1, 3), to: Date.UTC(2026, 10, 1, 4) }, zone, now),
    '31 Oct 23:00 – 1 Nov 00:00',
  );
  assert.deepEqual(
    [half, halfAgain, half - 3_600_000].map((t) => clockOnce(t, zone)),
    ['01:30 UTC−4', '01:30 UTC−5', '00:30'],
  );
});

test('on the night when clocks go forward a range over the change has both offsets', () => {
  const from = Date.UTC(2026, 2, 29, 0, 30);
  assert.equal(boundsText({ from, to: from + 3_600_000 }, 'Europe/Berlin', now), '29 Mar 01:30 UTC+1 – 03:30 UTC+2');
});
