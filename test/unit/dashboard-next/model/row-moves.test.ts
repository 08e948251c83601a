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

test('a row that is new moves from nowhere, one that is gone moves nowhere', () => {
  assert.deepEqual(movesOf(['a', 'b', 'c'], ['a', 'd', 'c']), []);
  assert.deepEqual(movesOf(['a', 'b'], ['d', 'a']), [{ from: 0, to: 1 }]);
});

test('a table that is all in motion is simply there', () => {
  const keys = Array.from({ length: 60 }, (_, index) => String(index));
  assert.deepEqual(movesOf(keys, [...keys].reverse()), []);
});
