import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FACE_FILE, faceCss } from '../../../../dashboard-next/styles/face.ts';

const css = readFileSync(FACE_FILE, 'utf8');

test('the typeface is that of the package, with the Latin letters in the style sheet', () => {
  assert.equal(css, faceCss());
  assert.equal(css.match(/url\(data:font\/woff2/g)?.length, 1);
  assert.ok(!css.includes('font-display: swap'));
});

/** The code points that the face has letters for, by its own account. */
const ranges = [...css.matchAll(/unicode-range: ([^;]+);/g)].flatMap(([, list]) =>
  list!.split(',').map((range) =>
    range
      .slice(2)
      .split('-')
      .map((hex) => Number.parseInt(hex, 16)),
  ),
);
const isCovered = (letter: string): boolean =>
  ranges.some(([from, to = from]) => letter.codePointAt(0)! >= from! && letter.codePointAt(0)! <= to!);

test('names of many languages have one typeface from the first letter to the last', () => {
  for (const name of [
    'Straße des 17. Juni',
    'İstanbul Şişli Meydanı',
    'Łódź Fabryczna',
    'Nguyễn Huệ',
    'Αθήνα Σύνταγμα',
    'Москва, Арбат',
    'Žižkov',
    'Ørestad – “Mål”',
  ]) {
    assert.deepEqual(
      [...name].filter((letter) => !isCovered(letter)),
      [],
      name,
    );
  }
});
