/** Batches of several partitions stay below what Cassandra refuses, and lose no statement. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchesOf, chunksOf } from '../../../../../core/stores/cassandra/chunks.ts';

const statement = (n: number, bytes: number) => ({ query: 'INSERT', params: [n, Buffer.alloc(bytes)] });

const lengths = (statements: number): number[] =>
  batchesOf(Array.from({ length: statements }, (_, n) => statement(n, 8))).map((batch) => batch.length);

test('statements are spread over batches that are written at once, a few in each', () => {
  assert.deepEqual(lengths(3), [3]);
  assert.deepEqual(lengths(10), [4, 4, 2]);
  assert.deepEqual(lengths(1_000), Array(40).fill(25));
  assert.deepEqual(lengths(1_501), [...Array(50).fill(30), 1]);
});

test('a batch has at most 32 KiB, and a larger statement stands alone', () => {
  const small = Array.from({ length: 70 }, (_, n) => statement(n, 8));
  const large = [statement(0, 20_000), statement(1, 20_000), statement(2, 90_000), statement(3, 1)];
  assert.deepEqual(
    batchesOf(large).map((batch) => batch.map(({ params }) => params[0])),
    [[0], [1], [2], [3]],
  );
  assert.deepEqual(batchesOf([...small, ...large]).flat(), [...small, ...large]);
  assert.deepEqual(batchesOf([]), []);
});

test('texts count by their bytes', () => {
  const text = { query: 'INSERT', params: ['ü'.repeat(10_000)] };
  assert.deepEqual(batchesOf([text, text]).length, 2);
});

test('chunks keep the order', () => {
  assert.deepEqual(chunksOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(chunksOf([], 2), []);
});
