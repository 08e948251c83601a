import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placeName, MOST_CODE_POINTS, shortenName, makeVisible } from '../../../../dashboard-next/text/names.ts';

test('no character of a name is invisible or turns the text around it', () => {
  assert.equal(makeVisible('a\u0000b\tc\nd\u007f'), 'a␀b␉c␊d␡');
  assert.equal(makeVisible('\u202eabc'), '⟨202E⟩abc');
  assert.equal(makeVisible('zero\u200bwidth'), 'zero⟨200B⟩width');
  assert.equal(makeVisible(' x  y '), '␠x  y␠');
  const any = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(
      any,
      (name) =>
        !/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(makeVisible(name)) && makeVisible(name).trim() !== '',
    ),
  );
});

test('an emoji of several people stays one emoji', () => {
  assert.equal(makeVisible('👨‍👩‍👧'), '👨‍👩‍👧');
});

test('a long name is shortened between code points, with the number of characters left out', () => {
  const { text, more, isLong } = shortenName('🚲'.repeat(5_000));
  assert.equal([...text].length, MOST_CODE_POINTS);
  assert.equal(more, 5_000 - MOST_CODE_POINTS);
  assert.ok(isLong);
  assert.deepEqual(shortenName('bicycle'), { text: 'bicycle', more: 0, isLong: false });
});

test('a place without a name is unknown', () => {
  assert.equal(placeName(null), null);
  assert.equal(placeName('  '), null);
  assert.equal(placeName('Hall B'), 'Hall B');
});
