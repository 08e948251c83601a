import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isZone, midnightBefore, instantOfWall, offsetText, wallOf } from '../../../../dashboard-next/live/zones.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Pacific/Apia', 'Australia/Lord_Howe'];

test('a wall clock leads back to an instant that it shows', () => {
  const minute = fc.integer({ min: 0, max: 34_000_000 }).map((n) => n * 60_000);
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

test('zones are named by how far they are ahead', () => {
  const t = Date.UTC(2026, 10, 22);
  assert.equal(offsetText(t, 'UTC'), 'UTC');
  assert.equal(offsetText(t, 'Asia/Kolkata'), 'UTC+5:30');
  assert.equal(offsetText(t, 'America/St_Johns'), 'UTC−3:30');
  assert.ok(isZone('Europe/Berlin'));
  assert.ok(!isZone('Europe/Atlantis'));
});
