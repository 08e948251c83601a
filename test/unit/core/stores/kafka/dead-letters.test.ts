import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Replay } from '../../../../../core/stores/kafka/dead-letters.ts';
import { batchesOf } from '../../../../../core/stores/kafka/dead-letters.ts';

const replay = (bytes: number): Replay => ({
  home: 0,
  letter: {
    partition: 0,
    offset: 0,
    keptAt: 0,
    key: null,
    value: Buffer.alloc(bytes),
    source: null,
    reason: null,
    detail: null,
  },
});

describe('requests of a replay', () => {
  it('hold no more than a broker takes, and a large letter goes alone', () => {
    const batches = [...batchesOf([replay(100), replay(900_000), replay(100), replay(100)])];
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [1, 1, 2],
    );
  });

  it('lose none, in their order', () => {
    const all = Array.from({ length: 5_000 }, (_, i) => replay((i * 7_919) % 3_000));
    const batches = [...batchesOf(all)];
    assert.deepEqual(batches.flat(), all);
    assert.ok(batches.every((batch) => batch.length <= 1_000));
    assert.deepEqual([...batchesOf([])], []);
  });
});
