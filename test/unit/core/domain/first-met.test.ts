import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FirstMet } from '../../../../core/domain/first-met.ts';
import { arrivalAfter, BEFORE_ALL } from '../../../../core/domain/arrival.ts';
import { outcomeOf } from '../../../../core/domain/first-met.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';

const rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 12,
  firstEpoch: 0,
  firstOffsets: [],
};
const DAY_0 = Date.UTC(2026, 10, 1);

function met(day: number, offset: number, ageDays = 0): FirstMet {
  const arrival = instant(DAY_0 + day * DAY_MS);
  const detectedAt = instant(arrival - ageDays * DAY_MS);
  const detection = { id: oid(1), location: oid(2), camera: oid(3), item: 'car', detectedAt };
  return { logLife: 1, partition: 4, offset, arrival, detection };
}

describe('a detection', () => {
  it('without a row is new', () => assert.equal(outcomeOf(met(0, 10), null, rules), 'new'));

  it('is a copy for as long as the row is in force, to the millisecond', () => {
    const first = met(0, 10);
    assert.equal(outcomeOf(met(2, 20), first, rules), 'copy');
    assert.equal(outcomeOf(met(3, 30), first, rules), 'copy');
    const after = { ...met(3, 40), arrival: instant(first.arrival + 3 * DAY_MS + 1) };
    assert.equal(outcomeOf(after, first, rules), 'new');
  });

  it('is first met again when the row names this very record', () => {
    assert.equal(outcomeOf(met(0, 10), met(0, 10), rules), 'new');
    assert.equal(outcomeOf(met(0, 10, 2.5), met(0, 10, 2.5), rules), 'deferred');
  });

  it('is a copy of a row of another log life with the same offset', () => {
    assert.equal(outcomeOf(met(0, 10), { ...met(0, 10), logLife: 2 }, rules), 'copy');
  });

  it('is deferred only if it is more than D behind its arrival', () => {
    assert.equal(outcomeOf(met(0, 10, 2), null, rules), 'new');
    assert.equal(outcomeOf(met(0, 10, 2.001), null, rules), 'deferred');
  });

  it('met again after W with its old timestamp is deferred, so the speed layer cannot count it twice', () => {
    const first = { ...met(0, 10), detection: { ...met(0, 10).detection, detectedAt: instant(DAY_0 + DAY_MS) } };
    const late = met(3.001, 20);
    assert.equal(outcomeOf({ ...late, detection: first.detection }, first, rules), 'deferred');
  });
});

describe('arrival', () => {
  it("rises with offsets when a broker's clock steps back", () => {
    const stamps = [5, 9, 7, 9, 12];
    let soFar = BEFORE_ALL;
    assert.deepEqual(
      stamps.map((stamp) => (soFar = arrivalAfter(soFar, stamp))),
      [5, 9, 9, 9, 12],
    );
  });
});
