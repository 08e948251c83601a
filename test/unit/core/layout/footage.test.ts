/** Names of footage: what travelName and settledFile write, their readers take back, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { oid } from '../../../../core/domain/oid.ts';
import type { Footage } from '../../../../core/layout/footage.ts';
import {
  footageKinds,
  LATEST_TAKEN_MS,
  parseArrival,
  parseSettledFile,
  parseTravelName,
  settledFile,
  travelName,
} from '../../../../core/layout/footage.ts';

const anyOid = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => oid(n));
const anyFootage: fc.Arbitrary<Footage> = fc.record(
  {
    camera: anyOid,
    takenAtMs: fc.integer({ min: 0, max: LATEST_TAKEN_MS - 1 }),
    detection: fc.option(anyOid),
    sha256: fc
      .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 64, maxLength: 64 })
      .map((all) => all.join('')),
    kind: fc.constantFrom(...footageKinds),
  },
  { noNullPrototype: true },
);

describe('names of footage', () => {
  it('lead back to what they name', () => {
    fc.assert(
      fc.property(anyFootage, (footage) => {
        assert.deepEqual(parseTravelName(travelName(footage)), footage);
        assert.deepEqual(parseSettledFile(settledFile(footage)), footage);
        assert.deepEqual(parseArrival(`${travelName(footage)}.1795996800999`), { footage, isOpen: false });
        assert.deepEqual(parseArrival(`${travelName(footage)}.1795996800999.tmp`), { footage, isOpen: true });
      }),
    );
  });

  it('are the ones that are written down', () => {
    const footage: Footage = {
      camera: oid(7),
      takenAtMs: Date.parse('2026-11-30T00:00:00.123Z'),
      detection: oid(9001),
      sha256: 'a'.repeat(64),
      kind: 'jpg',
    };
    assert.equal(travelName(footage), `7_1795996800123_9001_${'a'.repeat(64)}.jpg`);
    assert.equal(settledFile(footage), `footage/camera=7/dt=2026-11-30/000000.123_9001_${'a'.repeat(64)}.jpg`);
    assert.match(settledFile({ ...footage, detection: null, kind: 'mp4' }), /\/000000\.123_none_a{64}\.mp4$/);
  });

  it('are refused where a part is not what it should be', () => {
    const hash = 'b'.repeat(64);
    for (const name of [
      `07_1_none_${hash}.jpg`,
      `9223372036854775808_1_none_${hash}.jpg`,
      `7_${LATEST_TAKEN_MS}_none_${hash}.jpg`,
      `7_1_none_${hash.slice(1)}.jpg`,
      `7_1_none_${hash}.gif`,
      `7_1_none_${hash}.jpg.1`,
      '',
    ]) {
      assert.equal(parseTravelName(name), null, name);
    }
    assert.equal(parseArrival(`7_1_none_${hash}.jpg`), null);
    assert.equal(parseArrival(`7_1_none_${hash}.jpg.tmp`), null);
    assert.equal(parseSettledFile(`footage/camera=7/dt=2026-13-30/000000.123_none_${hash}.jpg`), null);
  });
});
