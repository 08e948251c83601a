import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { endOf, epochAt, epochNamed, epochOf, nameOf, startOf } from '../../../../core/domain/epoch.ts';
import { instant, LAST_INSTANT } from '../../../../core/domain/time.ts';

const DIVISORS = Array.from({ length: 86_400 }, (_, i) => i + 1).filter((seconds) => 86_400 % seconds === 0);
const lengths = fc.constantFrom(...DIVISORS).map((epochSeconds) => ({ epochSeconds }));
const instants = fc.integer({ min: 0, max: LAST_INSTANT });

describe('epochs', () => {
  it('tile time: each instant lies in exactly one, and each ends where the next starts', () => {
    fc.assert(
      fc.property(lengths, instants, (length, t) => {
        const e = epochAt(t, length);
        assert.ok(startOf(e, length) <= t && t < endOf(e, length));
        assert.equal(epochAt(endOf(e, length), length), e + 1);
        assert.equal(epochAt(endOf(e, length) - 1, length), e);
      }),
    );
  });

  it('have one name each, which leads back to them', () => {
    fc.assert(
      fc.property(lengths, instants, (length, t) => {
        const e = epochAt(t, length);
        assert.equal(epochNamed(nameOf(e, length), length), e);
        assert.doesNotMatch(nameOf(e, length), /:/);
      }),
    );
  });

  it('are named by their date, their minute, or their second', () => {
    const at = Date.UTC(2026, 10, 22, 14, 10, 30);
    assert.equal(nameOf(epochAt(at, { epochSeconds: 86_400 }), { epochSeconds: 86_400 }), '2026-11-22');
    assert.equal(nameOf(epochAt(at, { epochSeconds: 300 }), { epochSeconds: 300 }), '2026-11-22T1410');
    assert.equal(nameOf(epochAt(at, { epochSeconds: 10 }), { epochSeconds: 10 }), '2026-11-22T141030');
    assert.equal(nameOf(epochAt(at, { epochSeconds: 3_600 }), { epochSeconds: 3_600 }), '2026-11-22T1400');
  });

  it('are not found by the name of another length, or by what is no date', () => {
    for (const name of ['2026-11-22T1411', '2026-11-22T14:10', '2026-02-30', '2026-13-01', '', 'today', '1960-01-01']) {
      assert.equal(epochNamed(name, { epochSeconds: 300 }), null, name);
    }
    assert.equal(epochNamed('2026-11-22T1410', { epochSeconds: 86_400 }), null);
  });

  it('take what arrived before the first epoch into the first', () => {
    const length = { epochSeconds: 60 };
    const firstEpoch = epochAt(Date.UTC(2026, 0, 1), length);
    assert.equal(epochOf(instant(5), { ...length, firstEpoch }), firstEpoch);
    assert.equal(epochOf(endOf(firstEpoch, length), { ...length, firstEpoch }), firstEpoch + 1);
  });
});
