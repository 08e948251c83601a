/** Stamps from the future: where a reader waits, and what a corrected record counts as (L5). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arrivalOf, isAhead, passable } from '../../../../core/domain/stamps.ts';
import type { Stamps } from '../../../../core/domain/stamps.ts';
import { instant } from '../../../../core/domain/time.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const LIMIT = NOON + 300_000;
const log = (...stamps: number[]) => stamps.map((stamp, offset) => ({ offset, stamp }));
const nothing: Stamps = { settled: instant(0), corrections: [] };

describe('a reader', () => {
  it('goes on to the last record if no stamp is ahead of what its clock allows', () => {
    assert.deepEqual(passable(instant(NOON), log(NOON + 1, NOON - 9, LIMIT), nothing, LIMIT), {
      reaches: LIMIT,
      ahead: null,
    });
  });

  it('waits before the first stamp that is', () => {
    const { reaches, ahead } = passable(instant(NOON), log(NOON + 1, LIMIT + 1, NOON + 2), nothing, LIMIT);
    assert.deepEqual([reaches, ahead], [NOON + 1, { offset: 1, stamp: LIMIT + 1 }]);
  });

  it('does not wait before what is settled, whatever its clock says', () => {
    const settled = { settled: instant(LIMIT + 1), corrections: [] };
    assert.deepEqual(passable(instant(NOON), log(LIMIT + 1, NOON), settled, NOON), { reaches: LIMIT + 1, ahead: null });
  });

  it('does not wait behind an arrival that was passed before', () => {
    assert.equal(passable(instant(LIMIT + 9), log(NOON, LIMIT + 9, LIMIT + 8), nothing, LIMIT).ahead, null);
    assert.equal(passable(instant(LIMIT + 9), log(NOON, LIMIT + 10), nothing, LIMIT).ahead?.offset, 1);
  });

  it('passes what was corrected, and waits before the next stamp that is ahead', () => {
    const corrected = { settled: instant(NOON), corrections: [{ from: 1, to: 2 }] };
    const { reaches, ahead } = passable(
      instant(NOON),
      log(NOON + 1, LIMIT + 5, LIMIT + 6, NOON + 2, LIMIT + 7),
      corrected,
      LIMIT,
    );
    assert.deepEqual([reaches, ahead?.offset], [NOON + 2, 4]);
    assert.deepEqual(
      [1, 2, 4].map((offset) => isAhead({ offset, stamp: LIMIT + 5 }, corrected)),
      [false, false, true],
    );
  });
});

describe('a corrected record', () => {
  it('arrived when the record before the correction did, and so did the rest of it', () => {
    const corrections = [{ from: 1, to: 3 }];
    const arrivals: number[] = [];
    let arrival = instant(NOON);
    for (const record of log(NOON + 5, LIMIT * 2, NOON + 7, LIMIT * 2, NOON + 6))
      arrivals.push((arrival = arrivalOf(arrival, record, corrections)));
    assert.deepEqual(arrivals, [NOON + 5, NOON + 5, NOON + 5, NOON + 5, NOON + 6]);
  });

  it('leaves arrival rising, and equal to that of a log which never held its stamps', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 30 }), fc.nat(30), fc.nat(30), (stamps, from, length) => {
        const corrections = [{ from, to: from + length }];
        let [arrival, without] = [instant(0), instant(0)];
        for (const record of log(...stamps)) {
          const next = arrivalOf(arrival, record, corrections);
          assert.ok(next >= arrival);
          arrival = next;
          if (record.offset < from || record.offset > from + length) without = arrivalOf(without, record, []);
          assert.equal(arrival, without);
        }
      }),
    );
  });
});
