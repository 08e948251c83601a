import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movesOf } from '../../../../dashboard-next/model/row-moves.ts';

test('rows that change places move from where they were to where they are', () => {
  assert.deepEqual(movesOf(['a', 'b', 'c'], ['b', 'a', 'c']), [
    { from: 1, to: 0 },
    { from: 0, to: 1 },
  ]);
  assert.deepEqual(movesOf(['a', 'b'], ['a', 'b']), []);
});

test('new rows and removed rows have no move', () => {
  assert.deepEqual(movesOf(['a', 'b', 'c'], ['a', 'd', 'c']), []);
  assert.deepEqual(movesOf(['a', 'b'], ['d', 'a']), [{ from: 0, to: 1 }]);
});

test('with too many moves there are none', () => {
  const keys = Array.from({ length: 60 }, (_, index) => String(index));
  assert.deepEqual(movesOf(keys, [...keys].reverse()), []);
});
