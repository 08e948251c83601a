import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { oid, readOid } from '../../../../core/domain/oid.ts';

describe('an object identifier', () => {
  it('is any signed 64-bit integer, by its one decimal text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        assert.deepEqual(readOid(String(value)), { ok: true, oid: String(value) });
      }),
    );
  });

  it('is refused beyond 64 bits', () => {
    for (const text of [String(2n ** 63n), String(-(2n ** 63n) - 1n), '1'.repeat(30), '-99999999999999999999']) {
      assert.deepEqual(readOid(text), { ok: false, because: 'out_of_range' }, text);
    }
  });

  it('has no second text', () => {
    for (const text of ['', '-0', '007', '+1', '1.0', '1e3', ' 1', '1 ', '-', '0x1', '١', '--1']) {
      assert.deepEqual(readOid(text), { ok: false, because: 'not_canonical' }, JSON.stringify(text));
    }
  });

  it('throws where it was said to be right and is not', () => {
    assert.throws(() => oid('01'), /"01" is not the canonical decimal text of a signed 64-bit integer/);
  });
});
