/**
 * Bounds by bytes: no vector's group is heavier than readers hold, and shares of rows and bytes are added up
 * (sizes.ts).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHUNK_ROWS } from '../../../../core/stores/lake/duckdb.ts';
import { sortGroups } from '../../../../batch-layer/lake/detections-files.ts';
import { bucketsOf } from '../../../../batch-layer/reconcile/duckdb/reconcile.ts';
import { groupRowsFor, rawFileBytesFor } from '../../../../batch-layer/lake/sizes.ts';

const MOST = 32 * 1_048_576;
const weight = fc.record({ bytes: fc.integer({ min: 1, max: 25_000 }), rows: fc.integer({ min: 1, max: 60_000 }) });

test('a row group never has more than 32 MB, in any order of rows, unless one vector has', () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 6 }), (weights) => {
      const heaviestFirst = [...weights].sort((a, b) => b.bytes - a.bytes);
      const group = groupRowsFor(heaviestFirst);
      let left = group;
      let bytes = 0;
      for (const { bytes: each, rows } of heaviestFirst) {
        bytes += each * Math.min(left, rows);
        left -= Math.min(left, rows);
      }
      assert.equal(group % CHUNK_ROWS, 0);
      assert.ok(group === CHUNK_ROWS || bytes <= MOST, `${group} rows of ${bytes} bytes`);
    }),
  );
});

test('short names give the largest row groups, long names the smallest', () => {
  assert.equal(groupRowsFor([{ bytes: 120, rows: 5_000_000 }]), 122_880);
  assert.equal(
    groupRowsFor([
      { bytes: 20_000, rows: 1 },
      { bytes: 120, rows: 5_000_000 },
    ]),
    122_880,
  );
  assert.equal(groupRowsFor([{ bytes: 20_100, rows: 100_000 }]), CHUNK_ROWS);
  assert.equal(groupRowsFor([]), 122_880);
});

test('a partition with long names is split like one with many rows', () => {
  const weighed = [
    { partition: 0, rows: 10 },
    { partition: 1, rows: 10 },
    { partition: 0, rows: 0, bytes: 2_500 },
    { partition: 1, rows: 0, bytes: 100 },
  ];
  assert.deepEqual(
    bucketsOf(weighed, 100, 1_000).map(({ partitions, part, parts }) => [partitions, part, parts]),
    [
      [[0], 0, 3],
      [[0], 1, 3],
      [[0], 2, 3],
      [[1], 0, 1],
    ],
  );
});

test('hours are sorted together only if their names fit into memory too', () => {
  const hours = [400, 500, 900, 50].map((bytes, hour) => ({ hour, rows: 1, bytes }));
  assert.deepEqual(
    sortGroups(hours, 1_000, 1_000).map((some) => some.map(({ hour }) => hour)),
    [
      [0, 1],
      [2, 3],
    ],
  );
});

test('raw files grow with the memory, up to a fixed size that every reader can hold', () => {
  assert.deepEqual(
    [256, 512, 2_048, 65_536].map((mb) => rawFileBytesFor(mb) / 1_048_576),
    [32, 64, 128, 128],
  );
});
