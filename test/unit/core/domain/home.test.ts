import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { homeOf, murmur2 } from '../../../../core/domain/home.ts';
import { oid } from '../../../../core/domain/oid.ts';

/** From the tests of Kafka's own Utils.murmur2. */
const KAFKA_SAYS: readonly [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('the home of a detection', () => {
  for (const [text, hash] of KAFKA_SAYS) {
    it(`hashes "${text}" as Kafka does`, () => assert.equal(murmur2(text) | 0, hash));
  }

  it('is where the Java producer sends the decimal text of the id', () => {
    assert.equal(homeOf(oid('21'), 12), (-973932308 & 0x7fffffff) % 12);
  });

  it('is a partition that exists, for negative and for the greatest ids too', () => {
    for (const id of ['0', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993']) {
      for (const count of [1, 2, 12, 1_000]) {
        const home = homeOf(oid(id), count);
        assert.ok(Number.isInteger(home) && home >= 0 && home < count, `${id} of ${count}: ${home}`);
      }
    }
  });
});
