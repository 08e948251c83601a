// The cell codec against golden bytes, against itself, and against every way of ending too early.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cellBytes,
  CellReader,
  familyBytes,
  rowFault,
  timestampFault,
  TYPE_DELETE_FAMILY,
  TYPE_PUT,
  writeCell,
} from '../../../../core/hbase/cells.ts';
import type { WrittenCell } from '../../../../core/hbase/cells.ts';

const GOLDEN = Buffer.from('000000180000000f0000000100017201667100000000000000010476', 'hex');

function encode(
  row: Buffer,
  family: string,
  qualifier: Buffer,
  timestamp: number,
  type: NonNullable<WrittenCell['type']>,
  value: Buffer,
): Buffer {
  const name = familyBytes(family);
  const bytes = Buffer.alloc(cellBytes(row.length, name.length, qualifier.length, value.length));
  assert.equal(writeCell(bytes, 0, row, { family, qualifier, timestamp, type, value }), bytes.length);
  return bytes;
}

test('a put has the bytes that HBase reads', () => {
  assert.deepEqual(encode(Buffer.from('r'), 'f', Buffer.from('q'), 1, TYPE_PUT, Buffer.from('v')), GOLDEN);
});

test('a delete of a family is a cell without qualifier and value, of type 14', () => {
  const bytes = encode(Buffer.from('r'), 'f', Buffer.alloc(0), 2 ** 53 - 1, TYPE_DELETE_FAMILY, Buffer.alloc(0));
  assert.equal(bytes.toString('hex'), '000000160000000e0000000000017201' + '66' + '001fffffffffffff' + '0e');
});

test('every truncation of a cell is refused', () => {
  for (let length = 1; length < GOLDEN.length; length++)
    assert.throws(
      () => new CellReader(GOLDEN.subarray(0, length)).next(),
      { exception: 'protocol' },
      `${length} bytes`,
    );
});

test('a cell whose lengths contradict each other is refused', () => {
  for (const at of [3, 7, 11, 12, 13, 15]) {
    const bent = Buffer.from(GOLDEN);
    bent[at] = bent[at]! + 60;
    assert.throws(() => new CellReader(bent).next(), { exception: 'protocol' }, `byte ${at}`);
  }
});

test('a timestamp beyond 2^53 is refused rather than rounded', () => {
  const bent = Buffer.from(GOLDEN);
  bent.writeBigInt64BE(2n ** 53n, 18);
  assert.throws(() => new CellReader(bent).next(), { fate: 'bug' });
});

const bytes = (most: number, least = 0) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((array) => Buffer.from(array));

test('what is written is read again, however many cells lie in a block', () => {
  const cell = fc.record(
    {
      row: bytes(60, 1),
      family: fc.constantFrom('f', 'minutes', 'ü'),
      qualifier: bytes(60),
      timestamp: fc.maxSafeNat(),
      value: bytes(100),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 20 }), (cells) => {
      const block = Buffer.concat(
        cells.map((c) => encode(c.row, c.family, c.qualifier, c.timestamp, TYPE_PUT, c.value)),
      );
      const reader = new CellReader(block);
      assert.deepEqual(reader.take(cells.length), cells);
      assert.equal(reader.more, false);
    }),
  );
});

test('rows and timestamps that HBase cannot hold are named before they are sent', () => {
  assert.equal(rowFault(Buffer.alloc(1)), undefined);
  assert.match(rowFault(Buffer.alloc(0))!.message, /0 bytes/);
  assert.match(rowFault(Buffer.alloc(32768))!.message, /32768 bytes/);
  assert.equal(timestampFault(0), undefined);
  for (const timestamp of [-1, 0.5, NaN, 2 ** 53]) assert.equal(timestampFault(timestamp)!.fate, 'bug');
});
