// The plan of a batch: every row once, in its region's part, in requests that servers take gladly.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { putActions } from '../../../../core/hbase/actions.ts';
import { encodeMulti } from '../../../../core/hbase/multi.ts';
import { MOST_REQUEST_ACTIONS, MOST_REQUEST_BYTES, planBatch } from '../../../../core/hbase/plan.ts';
import { TableRegions } from '../../../../core/hbase/regions.ts';
import type { RowPut } from '../../../../core/hbase/types.ts';
import { region, tableOf } from './table-of.ts';

function put(row: Buffer, valueBytes = 8): RowPut {
  return { row, cells: [{ family: 'f', qualifier: Buffer.from('q'), timestamp: 1, value: Buffer.alloc(valueBytes) }] };
}

const SPLITS = ['40', '80', 'c0'].map((hex) => Buffer.from(hex, 'hex'));

test('every row lies in one request, in the part of its region, on its server', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 3 }), { maxLength: 200 }), (rows) => {
      const actions = putActions(rows.map((row) => put(Buffer.from(row))));
      const table = tableOf(SPLITS, (i) => `server${i % 2}:1`);
      const plan = planBatch(
        actions,
        rows.map((_, i) => i),
        table,
      );
      const seen: number[] = [];
      for (const request of plan.requests)
        for (const part of request.parts) {
          assert.equal(part.region.server, request.server);
          for (const i of part.rows) assert.equal(table.at(actions.row(i)), part.region);
          seen.push(...part.rows);
        }
      assert.deepEqual(plan.homeless, []);
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        rows.map((_, i) => i),
      );
      assert.ok(plan.requests.length <= 2);
    }),
  );
});

test('a request stays within its bounds, and its bytes are what is sent', () => {
  for (const [count, valueBytes] of [
    [12_000, 8],
    [3_000, 1_000],
  ] as const) {
    const puts = Array.from({ length: count }, (_, i) => put(Buffer.from([i & 255, i >>> 8, 7]), valueBytes));
    const actions = putActions(puts);
    const { requests } = planBatch(
      actions,
      puts.map((_, i) => i),
      tableOf(SPLITS),
    );
    assert.ok(requests.length >= 3);
    for (const request of requests) {
      const { param, cells } = encodeMulti(actions, request.parts);
      assert.ok(request.actions <= MOST_REQUEST_ACTIONS);
      assert.ok(param.length + cells.length <= request.bytes && request.bytes <= MOST_REQUEST_BYTES + 4_096);
    }
  }
});

test('a row larger than a request goes alone', () => {
  const puts = [put(Buffer.from('a')), put(Buffer.from('b'), MOST_REQUEST_BYTES * 2), put(Buffer.from('c'))];
  const { requests } = planBatch(putActions(puts), [0, 1, 2], tableOf([]));
  assert.deepEqual(
    requests.map((request) => request.parts.flatMap((part) => part.rows)),
    [[0], [1], [2]],
  );
});

test('rows in a hole and rows whose region has no server are named as homeless', () => {
  const table = new TableRegions('t', 1, [region('', 'g'), region('n', '', '')]);
  const plan = planBatch(putActions(['a', 'h', 'z'].map((row) => put(Buffer.from(row)))), [0, 1, 2], table);
  assert.deepEqual(plan.homeless, [1, 2]);
  assert.equal(plan.requests.length, 1);
});
