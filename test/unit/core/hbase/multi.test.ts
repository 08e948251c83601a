// Multi: golden question, answers in any order, and answers that are cut, silent or too long.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deleteActions, getActions, putActions } from '../../../../core/hbase/actions.ts';
import { cellBytes, writeCell } from '../../../../core/hbase/cells.ts';
import { HBaseError } from '../../../../core/hbase/errors.ts';
import { decodeMulti, encodeMulti } from '../../../../core/hbase/multi.ts';
import type { RegionPart } from '../../../../core/hbase/plan.ts';
import { multiAnswer } from './fake-server.ts';
import { region } from './table-of.ts';

const one = region('', '');
const SPECIFIER = one.specifier.toString('hex');

function part(...rows: number[]): RegionPart {
  return { region: one, rows };
}

test('puts name their region once, each its index and its number of cells; the cells follow in order', () => {
  const cell = (q: string) => ({ family: 'f', qualifier: Buffer.from(q), timestamp: 1, value: Buffer.from('v') });
  const actions = putActions([
    { row: Buffer.from('r'), cells: [cell('q'), cell('p')] },
    { row: Buffer.from('s'), cells: [cell('q')] },
  ]);
  const { param, cells } = encodeMulti(actions, [part(0, 1)]);
  const body = SPECIFIER + '1a08' + '0800' + '1204' + '1002' + '4002' + '1a08' + '0801' + '1204' + '1002' + '4001';
  assert.equal(param.toString('hex'), '0a' + (body.length / 2).toString(16) + body);
  const bytes = (row: string, q: string) => `000000180000000f000000010001${row}0166${q}00000000000000010476`;
  assert.equal(cells.toString('hex'), bytes('72', '71') + bytes('72', '70') + bytes('73', '71'));
});

test('deletes carry one marker a family', () => {
  const { param, cells } = encodeMulti(deleteActions([{ row: Buffer.from('r'), families: ['f', 'g'], timestamp: 5 }]), [
    part(0),
  ]);
  assert.ok(param.toString('hex').endsWith('1a08' + '0800' + '1204' + '1003' + '4002'));
  assert.equal(
    cells.toString('hex'),
    ['66', '67'].map((f) => `000000160000000e000000000001720 1${f}00000000000000050e`.replace(' ', '')).join(''),
  );
});

test('gets name their row, their families and their columns', () => {
  const gets = [
    { row: Buffer.from('r') },
    {
      row: Buffer.from('s'),
      columns: [
        { family: 'f', qualifier: Buffer.from('a') },
        { family: 'f', qualifier: Buffer.from('b') },
      ],
    },
    { row: Buffer.from('t'), families: ['f', 'g'] },
  ];
  const { param, cells } = encodeMulti(getActions(gets), [part(0, 1, 2)]);
  const hex = param.toString('hex');
  assert.equal(cells.length, 0);
  assert.ok(hex.includes('1a07' + '0800' + '1a03' + '0a0172'));
  assert.ok(hex.includes('1a12' + '0801' + '1a0e' + '0a0173' + '1209' + '0a0166' + '120161' + '120162'));
  assert.ok(hex.endsWith('1a11' + '0802' + '1a0d' + '0a0174' + '1203' + '0a0166' + '1203' + '0a0167'));
});

function cellOf(row: string): Buffer {
  const bytes = Buffer.alloc(cellBytes(1, 1, 1, 0));
  const cell = { family: 'f', qualifier: Buffer.from('q'), timestamp: 1, value: Buffer.alloc(0) };
  writeCell(bytes, 0, Buffer.from(row), cell);
  return bytes;
}

test('answers are matched by index, and cells by the order of the results', () => {
  const results = fc.array(fc.nat({ max: 3 }), { maxLength: 30 });
  fc.assert(
    fc.property(results, fc.infiniteStream(fc.nat()), (counts, random) => {
      const order = counts
        .map((_, i) => i)
        .sort((a, b) => (random.next().value ?? 0) - (random.next().value ?? 0) || a - b);
      const param = multiAnswer([{ results: order.map((index) => ({ index, cells: counts[index]! })) }]);
      const cells = Buffer.concat(
        order.flatMap((index) => Array.from({ length: counts[index]! }, () => cellOf(String.fromCharCode(65 + index)))),
      );
      const [outcomes] = decodeMulti(param, cells, [counts.length]);
      outcomes!.forEach((outcome, index) => {
        assert.ok(Array.isArray(outcome));
        assert.deepEqual(
          outcome.map((cell) => cell.row.toString()),
          Array<string>(counts[index]!).fill(String.fromCharCode(65 + index)),
        );
      });
    }),
  );
});

test('a row may fail beside rows that succeed, and a region beside regions that succeed', () => {
  const param = multiAnswer([
    {
      results: [
        { index: 1, exception: 'org.x.NoSuchColumnFamilyException' },
        { index: 0, cells: 0 },
      ],
    },
    { exception: 'org.x.NotServingRegionException' },
  ]);
  const [first, second] = decodeMulti(param, Buffer.alloc(0), [2, 2]);
  assert.deepEqual(first![0], []);
  assert.equal((first![1] as HBaseError).fate, 'refuse');
  for (const outcome of second!) assert.equal((outcome as HBaseError).fate, 'relocate');
});

test('what the answer does not name has no outcome', () => {
  const outcomes = decodeMulti(multiAnswer([{ results: [{ index: 2, cells: 0 }] }]), Buffer.alloc(0), [3, 1]);
  assert.deepEqual(outcomes, [[undefined, undefined, []], [undefined]]);
  assert.deepEqual(decodeMulti(multiAnswer([{ results: [{ index: 0 }] }]), Buffer.alloc(0), [1]), [[undefined]]);
});

test('an answer for more regions or actions than were asked, or with cells left over, is refused', () => {
  assert.throws(() => decodeMulti(multiAnswer([{}, {}]), Buffer.alloc(0), [1]), { exception: 'protocol' });
  assert.throws(() => decodeMulti(multiAnswer([{ results: [{ index: 1, cells: 0 }] }]), Buffer.alloc(0), [1]), {
    exception: 'protocol',
  });
  assert.throws(() => decodeMulti(multiAnswer([{}]), cellOf('r'), [1]), { exception: 'protocol' });
});

test('an answer that is cut anywhere is refused or silent about rows, never wrong about one', () => {
  const param = multiAnswer([
    {
      results: [
        { index: 1, cells: 1 },
        { index: 0, exception: 'org.x.WrongRegionException' },
      ],
    },
    { results: [{ index: 0, cells: 1 }] },
  ]);
  const cells = Buffer.concat([cellOf('b'), cellOf('c')]);
  const whole = decodeMulti(param, cells, [2, 1]);
  for (let length = 0; length < param.length; length++) {
    try {
      decodeMulti(param.subarray(0, length), cells, [2, 1]).forEach((outcomes, p) =>
        outcomes.forEach((outcome, i) => {
          if (outcome !== undefined) assert.deepEqual(outcome, whole[p]![i]);
        }),
      );
      assert.fail(`${length} bytes left cells over and were taken`);
    } catch (error) {
      assert.ok(error instanceof HBaseError && error.exception === 'protocol', String(error));
    }
  }
  for (let length = 0; length < cells.length; length++)
    assert.throws(() => decodeMulti(param, cells.subarray(0, length), [2, 1]), { exception: 'protocol' });
});
