import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS } from '../../../../core/domain/time.ts';
import { dayOf, instantOfWall, isZone, midnightBefore, startOfDay, wallOf } from '../../../../core/domain/zone.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];
const minute = fc.integer({ min: 0, max: 34_000_000 }).map((n) => n * MINUTE_MS);

test('a wall clock leads back to an instant that it shows', () => {
  fc.assert(
    fc.property(minute, fc.constantFrom(...ZONES), (t, zone) => {
      const wall = wallOf(t, zone);
      assert.equal(wallOf(instantOfWall(wall, zone), zone), wall);
    }),
    { numRuns: 300 },
  );
});

test('an hour that comes twice is its first, an hour that is left out is the one after', () => {
  assert.equal(instantOfWall(Date.UTC(2026, 9, 25, 2, 30), 'Europe/Berlin'), Date.UTC(2026, 9, 25, 0, 30));
  assert.equal(instantOfWall(Date.UTC(2026, 2, 29, 2, 30), 'Europe/Berlin'), Date.UTC(2026, 2, 29, 1, 30));
});

test('a day begins at its zone’s midnight', () => {
  const t = Date.UTC(2026, 10, 22, 23, 30);
  assert.equal(midnightBefore(t, 'UTC'), Date.UTC(2026, 10, 22));
  assert.equal(midnightBefore(t, 'Europe/Berlin'), Date.UTC(2026, 10, 22, 23));
});

test('a day begins with its first instant, so that days tile time', () => {
  fc.assert(
    fc.property(minute, fc.constantFrom(...ZONES), (t, zone) => {
      const start = midnightBefore(t, zone);
      assert.ok(start <= t);
      assert.equal(dayOf(start, zone), dayOf(t, zone));
      assert.ok(startOfDay(dayOf(t, zone) + 1, zone) > start);
    }),
    { numRuns: 300 },
  );
});

/** Hours from the first instant of a day to that of the next. */
function hoursOf(date: number, zone: string): number {
  const day = date / 86_400_000;
  return (startOfDay(day + 1, zone) - startOfDay(day, zone)) / HOUR_MS;
}

test('a day has 23 or 25 hours where clocks change, and none where the zone left it out', () => {
  assert.deepEqual(
    [7, 8, 9].map((date) => hoursOf(Date.UTC(2026, 2, date), 'America/New_York')),
    [24, 23, 24],
  );
  assert.deepEqual(
    [31, 32, 33].map((date) => hoursOf(Date.UTC(2026, 9, date), 'America/New_York')),
    [24, 25, 24],
  );
  assert.equal(hoursOf(Date.UTC(2026, 3, 5), 'Australia/Lord_Howe'), 24.5);
  // Clocks are put forward at midnight: the day begins at 01:00, an hour after the last one of the day before.
  assert.deepEqual(
    [3, 4, 5].map((date) => hoursOf(Date.UTC(2018, 10, date), 'America/Sao_Paulo')),
    [24, 23, 24],
  );
  assert.deepEqual(
    [29, 30, 31].map((date) => hoursOf(Date.UTC(2011, 11, date), 'Pacific/Apia')),
    [24, 0, 24],
  );
});

test('a zone is a name of the IANA list, in any case', () => {
  assert.deepEqual(['Europe/Berlin', 'asia/kolkata', 'UTC', 'Etc/GMT+5'].map(isZone), [true, true, true, true]);
  assert.deepEqual(['Europe/Atlantis', '+02:00', '', 'Europe/Berlin ', `A${'a'.repeat(64)}`].map(isZone), [
    false,
    false,
    false,
    false,
    false,
  ]);
});
