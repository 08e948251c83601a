import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { axisLabels } from '../../../../dashboard-next/model/axis.ts';
import {
  barAt,
  barsOf,
  gridOf,
  leadingGap,
  linePath,
  nextTop,
  peakOf,
  topOf,
  xOf,
  yOf,
} from '../../../../dashboard-next/model/bars.ts';
import { NOON, timeline, view } from '../answers.ts';

test('a bucket that the window or the present cuts off is marked and does not raise the axis', () => {
  const answer = timeline([900, 5, 6, 700], { view: view({ speed_as_of: NOON - 10_000 }) });
  const bars = barsOf({ ...answer, from: answer.from + 1 }, null);
  assert.deepEqual(
    bars.map(({ isCut }) => isCut),
    [true, false, false, true],
  );
  assert.equal(peakOf(bars), 6);
});

test('if no whole bucket has detections, the axis fits those that are cut off', () => {
  const bars = barsOf(timeline([0, 0, 0, 181], { view: view({ speed_as_of: NOON - 10_000 }) }), null);
  assert.deepEqual(
    bars.map(({ isCut }) => isCut),
    [false, false, false, true],
  );
  assert.equal(peakOf(bars), 181);
});

test('buckets after speed_as_of are unknown, not zero', () => {
  const bars = barsOf(timeline([5, 5, 0, 0], { view: view({ speed_as_of: NOON - 120_000 }) }), null);
  assert.deepEqual(
    bars.map(({ isUnknown }) => isUnknown),
    [false, false, true, true],
  );
});

test('the period before is matched by bucket, and left out if it has no detections', () => {
  const shiftMs = 240_000;
  const shifted = timeline([1, 2, 3, 4]);
  const before = {
    answer: { ...shifted, points: shifted.points.map((point) => ({ ...point, t: point.t - shiftMs })) },
    shiftMs,
  };
  const bars = barsOf(timeline([9, 9, 9, 9]), before);
  assert.deepEqual(
    bars.map((bar) => bar.before),
    [1, 2, 3, 4],
  );
  const none = barsOf(timeline([9, 9, 9, 9]), { ...before, answer: { ...before.answer, total: 0 } });
  assert.deepEqual(
    none.map((bar) => bar.before),
    [null, null, null, null],
  );
  assert.equal(linePath(none, { from: 0, to: 1, height: 10, top: 1 }), '');
});

test('the axis ends at the next of 1 2 4 5 6 8 times a power of ten, its grid in whole numbers', () => {
  assert.deepEqual([0, 1, 3, 9.5e6, 10e6, 11, 62_000].map(topOf), [1, 1, 4, 10e6, 10e6, 20, 80_000]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (peak) => {
      const top = topOf(peak);
      const grid = gridOf(top);
      assert.ok(top >= peak);
      assert.equal(grid[0], 0);
      assert.ok(grid.length <= 6 && grid.every(Number.isInteger));
      assert.equal(grid.at(-1), top);
    }),
  );
});

test('the axis grows at once and shrinks after thirty seconds below half', () => {
  const high = nextTop(null, 95, 0);
  assert.equal(high.value, 100);
  assert.equal(nextTop(high, 300, 1).value, 400);
  const roomy = nextTop(high, 30, 1_000);
  assert.equal(roomy.value, 100);
  assert.equal(nextTop(roomy, 30, 30_999).value, 100);
  assert.equal(nextTop(roomy, 30, 31_000).value, 40);
  assert.equal(nextTop(roomy, 60, 31_000).roomySince, null);
});

test('a bar is inside the plot, whatever its count', () => {
  const plot = { from: 0, to: 100, height: 140, top: 10 };
  assert.deepEqual(
    [0, 5, 10, 99].map((count) => yOf(count, plot)),
    [140, 70, 0, 0],
  );
  assert.deepEqual(
    [0, 25, 100].map((t) => xOf(t, plot)),
    [0, 25, 100],
  );
});

test('a window that begins before the first detection says so', () => {
  assert.equal(leadingGap(barsOf(timeline([0, 0, 0, 0, 7, 7]), null))?.to, NOON - 120_000);
  assert.equal(leadingGap(barsOf(timeline([0, 7, 7, 7, 7, 7]), null)), null);
  assert.equal(leadingGap(barsOf(timeline([0, 0, 0]), null))?.isAll, true);
});

test('labels stand at round wall times, few enough to be read, days by name', () => {
  const day = axisLabels(NOON - 86_400_000, NOON, 'UTC');
  assert.deepEqual(
    day.map(({ text }) => text),
    ['12:00', '15:00', '18:00', '21:00', 'Mon 23', '03:00', '06:00', '09:00'],
  );
  assert.deepEqual(
    day.filter(({ isWideOnly }) => !isWideOnly).map(({ text }) => text),
    ['12:00', '18:00', 'Mon 23', '06:00'],
  );
  assert.ok(
    axisLabels(NOON - 86_400_000, NOON, 'Asia/Kolkata').some(
      ({ isMidnight, t }) => isMidnight && t === Date.UTC(2026, 10, 22, 18, 30),
    ),
  );
  for (const minutes of [5, 15, 60, 1_440, 10_080, 129_600])
    assert.ok(axisLabels(NOON - minutes * 60_000, NOON, 'UTC').length <= 10);
});

/**
 * A timeline of days in New York around the first of November 2026, on which clocks are put back; the last days of
 * October before.
 */
function daysInNewYork(first: number, counts: readonly number[]) {
  const start = (day: number): number => Date.UTC(2026, 10, day, day > 1 ? 5 : 4);
  const points = counts.map((count, index) => ({ t: start(first + index), to: start(first + index + 1), count }));
  return timeline([], {
    from: points[0]!.t,
    to: points.at(-1)!.to,
    step: 86_400,
    tz: 'America/New_York',
    total: 1,
    points,
    view: view({ speed_as_of: NOON }),
  });
}

test('days of 23 and 25 hours are drawn as long as they are, and compared by the calendar', () => {
  const bars = barsOf(daysInNewYork(0, [5, 6, 7]), { answer: daysInNewYork(-3, [1, 2, 3]), shiftMs: 3 * 86_400_000 });
  assert.deepEqual(
    bars.map(({ t, to, before, isCut }) => [(to - t) / 3_600_000, before, isCut]),
    [
      [24, 1, false],
      [25, 2, false],
      [24, 3, false],
    ],
  );
  const plot = { from: bars[0]!.t, to: bars.at(-1)!.to, height: 100, top: 10 };
  for (const [index, bar] of bars.entries())
    assert.equal(barAt(bars, plot, ((bar.t + bar.to) / 2 - plot.from) / (plot.to - plot.from)), index);
  assert.match(linePath(bars, plot), /^M16\.438 90L50 80L83\.562 70$/);
});

test('labels of days stand at their start, also in zones of half an hour and when clocks change', () => {
  const week = (zone: string, from: number) => axisLabels(from, from + 7 * 86_400_000, zone);
  const kolkata = week('Asia/Kolkata', Date.UTC(2026, 10, 20, 9));
  assert.deepEqual(
    kolkata.map(({ text }) => text),
    ['Sat 21', 'Sun 22', 'Mon 23', 'Tue 24', 'Wed 25', 'Thu 26', 'Fri 27'],
  );
  assert.ok(kolkata.every(({ t }) => new Date(t).toISOString().endsWith('T18:30:00.000Z')));
  const newYork = week('America/New_York', Date.UTC(2026, 9, 30, 12));
  assert.deepEqual(
    newYork.slice(1, 3).map(({ t }) => new Date(t).toISOString().slice(5, 13)),
    ['11-01T04', '11-02T05'],
  );
  // Clocks were put forward at midnight: the day began at 01:00.
  assert.ok(
    week('America/Sao_Paulo', Date.UTC(2018, 10, 2)).some(
      ({ t, text }) => text === 'Sun 4' && t === Date.UTC(2018, 10, 4, 3),
    ),
  );
});
