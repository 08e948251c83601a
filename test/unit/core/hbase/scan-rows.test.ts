// Rows put together from partial results: whole, once, in order, wherever the server cuts.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RowAssembler } from '../../../../core/hbase/scan-rows.ts';
import type { Cell } from '../../../../core/hbase/types.ts';

function cell(row: number, column: number): Cell {
  return {
    row: Buffer.from([row]),
    family: 'f',
    qualifier: Buffer.from([column]),
    timestamp: 1,
    value: Buffer.alloc(0),
  };
}

test('rows come out whole wherever they were cut, whether or not their last piece is flagged', () => {
  const row = fc.record({
    cells: fc.integer({ min: 1, max: 9 }),
    piece: fc.integer({ min: 1, max: 9 }),
    lastFlagged: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), (plan) => {
      const assembler = new RowAssembler();
      const rows: Cell[][] = [];
      plan.forEach(({ cells, piece, lastFlagged }, r) => {
        for (let at = 0; at < cells; at += piece) {
          const result = Array.from({ length: Math.min(piece, cells - at) }, (_, c) => cell(r, at + c));
          assembler.push(result, at + piece < cells || lastFlagged, rows);
        }
      });
      assembler.finish(rows);
      assert.deepEqual(
        rows,
        plan.map(({ cells }, r) => Array.from({ length: cells }, (_, c) => cell(r, c))),
      );
    }),
  );
});

test('a heartbeat changes nothing', () => {
  const assembler = new RowAssembler();
  const rows: Cell[][] = [];
  assembler.push([cell(1, 1)], true, rows);
  assembler.push([], false, rows);
  assert.deepEqual(rows, []);
  assembler.push([cell(1, 2)], false, rows);
  assert.deepEqual(rows, [[cell(1, 1), cell(1, 2)]]);
});
