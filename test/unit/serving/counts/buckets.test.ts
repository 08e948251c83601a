/**
 * How a timeline cuts its window: laws over zones and windows, then the two nights of New York and the zones that are
 * not whole hours off UTC.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oid } from '../../../../core/domain/oid.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../core/domain/time.ts';
import { dayOf, wallOf } from '../../../../core/domain/zone.ts';
import { TimelineAnswer } from '../../../../serving/answers.ts';
import { bucketsOf } from '../../../../serving/counts/buckets.ts';
import { getTimeline } from '../../../../serving/http/counts.ts';
import { stageOf } from '../serving-double.ts';

const ZONES = [
  undefined,
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const windowOf = (from: number, to: number) => ({ from: from as Instant, to: to as Instant });
const steps = fc.constantFrom(MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 7 * HOUR_MS, DAY_MS, 7 * DAY_MS);

test('buckets tile the window, each minute is in one, and with a zone none goes beyond its day unless it is of days', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 34_000_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      steps,
      fc.constantFrom(...ZONES),
      fc.nat(),
      (start, minutes, stepMs, zone, some) => {
        const window = windowOf(start * MINUTE_MS, (start + minutes) * MINUTE_MS);
        const { bounds, at } = bucketsOf(window, stepMs, zone);
        assert.ok(bounds[0]! <= window.from && bounds[1]! > window.from, 'the first holds the beginning');
        assert.ok(bounds.at(-1)! >= window.to && bounds.at(-2)! < window.to, 'the last holds the end');
        assert.ok(
          bounds.every((bound, index) => bound % MINUTE_MS === 0 && (index === 0 || bound > bounds[index - 1]!)),
        );
        const t = window.from + (some % minutes) * MINUTE_MS;
        assert.ok(bounds[at(t)]! <= t && t < bounds[at(t) + 1]!);
        if (zone && stepMs < DAY_MS) assert.equal(dayOf(bounds[at(t)]!, zone), dayOf(bounds[at(t) + 1]! - 1, zone));
      },
    ),
    { numRuns: 1_000 },
  );
});

/** Of a fortnight around a date, the hours of each day. */
function hoursAround(date: number, zone: string): number[] {
  const { bounds } = bucketsOf(
    windowOf(date - 7 * DAY_MS + 12 * HOUR_MS, date + 7 * DAY_MS - 12 * HOUR_MS),
    DAY_MS,
    zone,
  );
  assert.ok(
    bounds.every((bound) => wallOf(bound, zone) % DAY_MS === 0),
    'each begins at midnight there',
  );
  return bounds.slice(1).map((bound, index) => (bound - bounds[index]!) / HOUR_MS);
}

test('fourteen days in New York are its days over both changes of the clocks: one has 23 hours, one 25', () => {
  const plain = Array.from({ length: 14 }, () => 24);
  assert.deepEqual(hoursAround(Date.UTC(2026, 2, 9), 'America/New_York'), plain.with(6, 23));
  assert.deepEqual(hoursAround(Date.UTC(2026, 10, 2), 'America/New_York'), plain.with(6, 25));
});

test('days and hours are exact in zones that are half or three quarters of an hour off', () => {
  for (const zone of ['Asia/Kolkata', 'Asia/Kathmandu']) {
    const window = windowOf(Date.UTC(2026, 10, 20, 3), Date.UTC(2026, 10, 23, 3));
    for (const bound of bucketsOf(window, DAY_MS, zone).bounds) assert.equal(wallOf(bound, zone) % DAY_MS, 0);
    for (const bound of bucketsOf(window, HOUR_MS, zone).bounds) assert.equal(wallOf(bound, zone) % HOUR_MS, 0);
  }
});

test('without a zone buckets begin at multiples of the step', () => {
  const { bounds } = bucketsOf(windowOf(Date.UTC(2026, 10, 20, 3, 7), Date.UTC(2026, 10, 20, 3, 31)), 10 * MINUTE_MS);
  assert.deepEqual(
    bounds.map((bound) => (bound / MINUTE_MS) % 60),
    [0, 10, 20, 30, 40],
  );
});

test('a step that days do not allow, or that makes too many points, is refused and named', () => {
  const month = windowOf(Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1));
  assert.throws(() => bucketsOf(month, DAY_MS + HOUR_MS, 'Europe/Berlin'), { field: 'step', message: /whole days/ });
  assert.throws(() => bucketsOf(month, MINUTE_MS, 'Europe/Berlin'), { field: 'step', message: /at most 20160/ });
  assert.throws(() => bucketsOf(windowOf(0, 253_402_300_800_000), DAY_MS, 'Europe/Berlin'), {
    field: 'step',
    message: /at most 20160/,
  });
  assert.equal(bucketsOf(month, DAY_MS + HOUR_MS).bounds.length, 32);
});

test('an answer of days in a zone says where each ends; without tz nothing is added', async () => {
  const detectedAt = Date.UTC(2026, 10, 23, 14, 30);
  const { serving } = stageOf([{ id: oid(1), location: oid(42), item: 'bicycle', detectedAt, arrival: detectedAt }]);
  const ask = async (query: string) =>
    TimelineAnswer.strict().parse(
      await (await getTimeline(new Request(`http://127.0.0.1:3000/api/v1/timeline?${query}`), {}, serving)).json(),
    );
  const answer = await ask('step=86400&tz=America/New_York&from=2026-10-31T12:00Z&to=2026-11-24T05:00Z');
  assert.deepEqual([answer.tz, answer.points.length, answer.total], ['America/New_York', 24, 1]);
  assert.deepEqual(
    answer.points[1],
    { t: Date.UTC(2026, 10, 1, 4), to: Date.UTC(2026, 10, 2, 5), count: 0 },
    'a day of 25 hours',
  );
  assert.deepEqual(answer.points.at(-1), { t: Date.UTC(2026, 10, 23, 5), to: Date.UTC(2026, 10, 24, 5), count: 1 });
  const plain = await ask('step=600');
  assert.ok(!('tz' in plain) && plain.points.every((point) => !('to' in point)));
});
