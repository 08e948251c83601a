import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placeName, SHOWN_CODE_POINTS, shownName, visible } from '../../../../dashboard-next/text/names.ts';

test('no character of a name is invisible or turns the text around it', () => {
  assert.equal(visible('a\u0000b\tc\nd\u007f'), 'a␀b␉c␊d␡');
  assert.equal(visible('\u202eabc'), '⟨202E⟩abc');
  assert.equal(visible('zero\u200bwidth'), 'zero⟨200B⟩width');
  assert.equal(visible(' x  y '), '␠x  y␠');
  const any = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(
      any,
      (name) => !/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(visible(name)) && visible(name).trim() !== '',
    ),
  );
});

test('a family stays a family', () => {
  assert.equal(visible('👨‍👩‍👧'), '👨‍👩‍👧');
});

test('a long name is cut between code points and says how much is left', () => {
  const { text, more, long } = shownName('🚲'.repeat(5_000));
  assert.equal([...text].length, SHOWN_CODE_POINTS);
  assert.equal(more, 5_000 - SHOWN_CODE_POINTS);
  assert.ok(long);
  assert.deepEqual(shownName('bicycle'), { text: 'bicycle', more: 0, long: false });
});

test('a place without a name is unknown', () => {
  assert.equal(placeName(null), null);
  assert.equal(placeName('  '), null);
  assert.equal(placeName('Hall B'), 'Hall B');
});
