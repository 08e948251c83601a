/** What a person chooses on a wall clock is an instant, over both changes of the clocks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instantIn, readingsOf, wallTimeOf } from '../../../../dashboard-next/text/wall-time.ts';

test('every minute survives being written to a field and read back, in zones that change clocks by an hour, by half an hour, or never', () => {
  // Two years around the changes of 2026, to the minute.
  const minute = fc.integer({ min: 29_448_000, max: 30_499_200 }).map((n) => n * 60_000);
  const zone = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'America/Havana',
  );
  fc.assert(
    fc.property(minute, zone, (t, name) => assert.equal(instantIn(wallTimeOf(t, name), name), t)),
    { numRuns: 1_000 },
  );
  for (let t = Date.UTC(2026, 10, 1, 4); t < Date.UTC(2026, 10, 1, 8); t += 60_000) {
    assert.equal(instantIn(wallTimeOf(t, 'America/New_York'), 'America/New_York'), t);
  }
});

test('the hour that comes twice makes a range of one hour with equal texts at both ends', () => {
  const zone = 'America/New_York';
  const [from, to] = [Date.UTC(2026, 10, 1, 5, 30), Date.UTC(2026, 10, 1, 6, 30)];
  const ends = [wallTimeOf(from, zone), wallTimeOf(to, zone)];
  assert.deepEqual(ends, [
    { text: '2026-11-01T01:30', isLater: false },
    { text: '2026-11-01T01:30', isLater: true },
  ]);
  assert.deepEqual(
    ends.map((end) => instantIn(end, zone)),
    [from, to],
  );
  assert.deepEqual(readingsOf(ends[0]!, zone), [from, to]);
});

test('an hour that clocks leave out has no instant, and means the one after', () => {
  const skipped = { text: '2026-03-29T02:30', isLater: false };
  assert.deepEqual(readingsOf(skipped, 'Europe/Berlin'), []);
  assert.equal(instantIn(skipped, 'Europe/Berlin'), Date.UTC(2026, 2, 29, 1, 30));
  assert.ok(Number.isNaN(instantIn({ text: '', isLater: false }, 'Europe/Berlin')));
});
