import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { portionsOf } from '../../../../../core/stores/kafka/producer.ts';

const record = (bytes: number, keyBytes = 0) => ({
  key: Buffer.alloc(keyBytes),
  value: Buffer.alloc(bytes),
  headers: [],
});
const countsOf = (records: ReturnType<typeof record>[]): number[] =>
  [...portionsOf(records)].map((portion) => portion.length);

describe('records on their way to Kafka', () => {
  it('go in portions that are acknowledged in time, every record once and in order', () => {
    const records = Array.from({ length: 40 }, () => record(500_000, 500_000));
    assert.deepEqual(countsOf(records), [15, 15, 10]);
    assert.deepEqual([...portionsOf(records)].flat(), records);
    assert.deepEqual(countsOf([record(10), record(60_000_000), record(10)]), [1, 1, 1]);
    assert.deepEqual(countsOf(Array.from({ length: 20_000 }, () => record(150))), [20_000]);
    assert.deepEqual(countsOf([]), []);
  });
});
