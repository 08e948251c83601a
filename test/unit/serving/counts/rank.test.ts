/** The order of items is that of their UTF-8 bytes, not of JavaScript's units. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byRank, compareUtf8 } from '../../../../serving/counts/rank.ts';

const texts = fc.string({ unit: 'binary', maxLength: 8 });

test('names compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(texts, texts, texts, (shared, a, b) => {
      const [left, right] = [shared + a, shared + b];
      assert.equal(Math.sign(compareUtf8(left, right)), Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { numRuns: 2_000 },
  );
});

test('a character beyond U+FFFF comes after U+FFFD, though its first unit is smaller', () => {
  assert.ok(compareUtf8('\u{1F6B2}', '\uFFFD') > 0);
  assert.ok('\u{1F6B2}' < '\uFFFD');
});

test('the greater count comes first, equal counts go by name', () => {
  const ranked = [
    { name: 'b', count: 2 },
    { name: 'c', count: 3 },
    { name: 'a', count: 2 },
  ].sort(byRank);
  assert.deepEqual(
    ranked.map(({ name }) => name),
    ['c', 'a', 'b'],
  );
});
