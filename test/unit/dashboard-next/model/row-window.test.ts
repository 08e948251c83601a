import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsInView } from '../../../../dashboard-next/model/row-window.ts';

const sight = fc.record({
  top: fc.integer({ min: -2_000, max: 400_000 }),
  height: fc.integer({ min: 1, max: 4_000 }),
  rowHeight: fc.double({ min: 12, max: 80, noNaN: true }),
  total: fc.integer({ min: 0, max: 12_000 }),
});

test('every row on the screen is there, and few others, however long the table is', () => {
  fc.assert(
    fc.property(sight, (one) => {
      const { first, end } = rowsInView(one);
      assert.ok(0 <= first && first <= end && end <= one.total);
      const seenFrom = Math.min(one.total, Math.max(0, Math.floor(one.top / one.rowHeight)));
      const seenTo = Math.min(one.total, Math.max(0, Math.ceil((one.top + one.height) / one.rowHeight)));
      if (seenTo > seenFrom) assert.ok(first <= seenFrom && seenTo <= end);
      assert.ok(end - first <= one.height / one.rowHeight + 122);
    }),
  );
});

test('scrolling by a few rows asks for no other rows', () => {
  const at = (top: number) => rowsInView({ top, height: 900, rowHeight: 28, total: 10_000 });
  assert.deepEqual(at(28_000 + 28), at(28_000 + 112));
});
