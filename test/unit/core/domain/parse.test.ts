/**
 * What a record's value must be (L10): every reason for which it cannot be a detection, and the texts that are fine.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDetection } from '../../../../core/domain/parse.ts';
import type { DeadLetterReason } from '../../../../core/domain/dead-letters.ts';

const GOOD = {
  geographical_location_oid: '17',
  video_camera_oid: '3021',
  detection_oid: '9007199254740993',
  item_name: '"bicycle"',
  timestamp_detected: '1795447426574',
};

/** A value with some members replaced by raw JSON text; null leaves one out. */
function value(changes: Partial<Record<keyof typeof GOOD, string | null>> = {}, rest = ''): string {
  const members = Object.entries({ ...GOOD, ...changes }).filter(([, raw]) => raw !== null);
  return `{${members.map(([name, raw]) => `"${name}":${raw}`).join(',')}${rest}}`;
}

function reasonOf(bytes: Buffer | string | null): DeadLetterReason | 'none' {
  const reading = parseDetection(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  return reading.ok ? 'none' : reading.deadLetter.reason;
}

function read(text: string) {
  const reading = parseDetection(Buffer.from(text));
  assert.ok(reading.ok, reading.ok ? '' : reading.deadLetter.detail);
  return reading.detection;
}

describe('a value that is a detection', () => {
  it('is read without losing a digit', () => {
    assert.deepEqual(read(value()), {
      id: '9007199254740993',
      location: '17',
      camera: '3021',
      item: 'bicycle',
      detectedAt: 1795447426574,
    });
  });

  it('may give ids as numbers or as canonical decimal texts', () => {
    assert.equal(read(value({ detection_oid: '"9223372036854775807"' })).id, '9223372036854775807');
    assert.equal(read(value({ detection_oid: '-9223372036854775808' })).id, '-9223372036854775808');
    assert.equal(read(value({ detection_oid: '"\\u0031\\u0032"' })).id, '12');
  });

  it('may have its members in any order, spaced, with names escaped and unknown ones between', () => {
    const text = ` {\n"timestamp_detected" : 5 , "x":[{"detection_oid":1},"}\\"{"],"item\\u005fname":"a\\u00e9\\n",
      "detection_oid":1,"video_camera_oid":2 ,"geographical_location_oid":3\t} `;
    assert.deepEqual(read(text), { id: '1', location: '3', camera: '2', item: 'aé\n', detectedAt: 5 });
  });

  const LIMITS = [-(2n ** 63n) - 1n, -(2n ** 63n), -(10n ** 18n), 10n ** 18n, 2n ** 63n - 1n, 2n ** 63n, 10n ** 19n];

  it('reads the same in the usual form, which has a shorter way, as in any other', () => {
    const oids = fc
      .oneof(
        fc.bigInt({ min: -(2n ** 63n) - 2n, max: 2n ** 63n + 1n }),
        fc.bigInt({ min: -9n, max: 9n }),
        fc.constantFrom(...LIMITS),
      )
      .map(String);
    const written = fc.oneof(
      { weight: 8, arbitrary: oids },
      oids.map((id) => `"${id}"`),
      fc.constantFrom('007', '1.0', '-0', '1e3', 'true', '""'),
    );
    const items = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }).map((item) => JSON.stringify(item)),
      fc.string({ unit: 'binary', maxLength: 12 }).map((item) => `"${item}"`),
      fc.constantFrom('""', 'null', `"${'x'.repeat(5_000)}"`, `"${'x'.repeat(5_001)}"`, `"${'😀'.repeat(5_000)}"`),
    );
    const times = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -1, max: 2 ** 31 }).map(String) },
      fc.constantFrom('253402300799999', '253402300800000', '"5"', '01'),
    );
    const made = fc.record({
      geographical_location_oid: written,
      video_camera_oid: written,
      detection_oid: written,
      item_name: items,
      timestamp_detected: times,
    });
    fc.assert(
      fc.property(made, fc.constantFrom('', ' '), (changes, space) => {
        const members = Object.entries(changes).map(([name, raw]) => `"${name}":${space}${raw}`);
        const usual = parseDetection(Buffer.from(`{${members.join(`,${space}`)}}`));
        const other = parseDetection(Buffer.from(`{${members.join(`,${space}`)} }`));
        if (usual.ok || other.ok) assert.deepEqual(usual, other);
        else assert.equal(usual.deadLetter.reason, other.deadLetter.reason);
      }),
      { numRuns: 2_000 },
    );
  });

  it('may name an item of 5000 code points beyond the basic plane', () => {
    assert.equal(read(value({ item_name: JSON.stringify('😀'.repeat(5_000)) })).item, '😀'.repeat(5_000));
    assert.equal(read(value({ item_name: '"\\ud83d\\ude00"' })).item, '😀');
  });

  it('may be at the first and the last instant', () => {
    assert.equal(read(value({ timestamp_detected: '0' })).detectedAt, 0);
    assert.equal(read(value({ timestamp_detected: '253402300799999' })).detectedAt, 253402300799999);
  });
});

const BAD: readonly [what: string, bytes: Buffer | string | null, reason: DeadLetterReason][] = [
  ['a tombstone', null, 'tombstone'],
  ['no bytes', Buffer.alloc(0), 'empty_value'],
  ['a byte-order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(value())]), 'byte_order_mark'],
  ['a byte that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'bad_utf8'],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'bad_utf8'],
  ['half of an object', '{"detection_oid":1', 'not_json'],
  ['two objects', `${value()}${value()}`, 'not_json'],
  ['only spaces', '   ', 'not_json'],
  ['an id with a leading zero', value({ detection_oid: '007' }), 'not_json'],
  ['an array', '[]', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['a number', '17', 'not_an_object'],
  ['a field twice', value({}, ',"detection_oid":1'), 'duplicate_field'],
  ['a field twice, once escaped', value({}, ',"item\\u005fname":"car"'), 'duplicate_field'],
  ['an unknown field twice', value({}, ',"x":1,"x":1'), 'duplicate_field'],
  ['a lone high surrogate', value({ item_name: '"\\ud83d"' }), 'lone_surrogate'],
  ['a lone low surrogate', value({ item_name: '"\\ude00a"' }), 'lone_surrogate'],
  ['surrogates the wrong way round', value({ item_name: '"\\ude00\\ud83d"' }), 'lone_surrogate'],
  ['a high surrogate, then a letter', value({ item_name: '"\\ud83dx\\ude00"' }), 'lone_surrogate'],
  ['no detection_oid', value({ detection_oid: null }), 'missing_field'],
  ['no item_name', value({ item_name: null }), 'missing_field'],
  ['no timestamp', value({ timestamp_detected: null }), 'missing_field'],
  ['no location', value({ geographical_location_oid: null }), 'missing_field'],
  ['no camera', value({ video_camera_oid: null }), 'missing_field'],
  ['an id with a fraction', value({ detection_oid: '1.0' }), 'wrong_type'],
  ['an id with an exponent', value({ detection_oid: '1e3' }), 'wrong_type'],
  ['minus zero', value({ detection_oid: '-0' }), 'wrong_type'],
  ['a text with a leading zero', value({ detection_oid: '"007"' }), 'wrong_type'],
  ['a text with a space', value({ detection_oid: '" 7"' }), 'wrong_type'],
  ['an empty text', value({ video_camera_oid: '""' }), 'wrong_type'],
  ['an id that is null', value({ detection_oid: 'null' }), 'wrong_type'],
  ['an id that is an object', value({ detection_oid: '{"a":1}' }), 'wrong_type'],
  ['a name that is a number', value({ item_name: '5' }), 'wrong_type'],
  ['a time as a text', value({ timestamp_detected: '"5"' }), 'wrong_type'],
  ['a time with a fraction', value({ timestamp_detected: '5.5' }), 'wrong_type'],
  ['a time of minus zero', value({ timestamp_detected: '-0' }), 'wrong_type'],
  ['2^63', value({ detection_oid: '9223372036854775808' }), 'out_of_range'],
  ['2^63 as a text', value({ detection_oid: '"9223372036854775808"' }), 'out_of_range'],
  ['less than −2^63', value({ geographical_location_oid: '-9223372036854775809' }), 'out_of_range'],
  ['a time before 1970', value({ timestamp_detected: '-1' }), 'out_of_range'],
  ['a time after the year 9999', value({ timestamp_detected: '253402300800000' }), 'out_of_range'],
  ['no item', value({ item_name: '""' }), 'item_name_length'],
  ['5001 code points', value({ item_name: JSON.stringify('a'.repeat(5_001)) }), 'item_name_length'],
  [
    '5001 code points beyond the basic plane',
    value({ item_name: JSON.stringify('😀'.repeat(5_001)) }),
    'item_name_length',
  ],
];

describe('a value that cannot be a detection', () => {
  for (const [what, bytes, reason] of BAD) {
    it(`${what}: ${reason}`, () => assert.equal(reasonOf(bytes), reason));
  }

  it('says what was found and what was expected', () => {
    const reading = parseDetection(Buffer.from(value({ detection_oid: '1e3' })));
    assert.ok(!reading.ok);
    assert.equal(
      reading.deadLetter.detail,
      'detection_oid is 1e3; an integer or its canonical decimal text was expected',
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void reasonOf(Buffer.from(bytes))));
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => void reasonOf(text)));
  });
});

describe('reading members', () => {
  it('agrees with JSON.parse on every object with distinct names', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1, maxLength: 50, unit: 'binary' }),
        (extra, item) => {
          const whole = {
            ...extra,
            item_name: item,
            detection_oid: 1,
            video_camera_oid: 2,
            geographical_location_oid: 3,
            timestamp_detected: 4,
          };
          const text = JSON.stringify(whole);
          if (/\\ud[89a-f]/.test(text)) return;
          const reading = parseDetection(Buffer.from(text));
          assert.ok(reading.ok, reading.ok ? '' : reading.deadLetter.detail);
          assert.equal(reading.detection.item, item);
        },
      ),
    );
  });
});
