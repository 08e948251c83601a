import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeptLetter } from '../../../../core/layout/log.ts';
import { visibleJson, visibleLines } from '../../../../core/process/visible.ts';
import { allOf, bytesJson, jsonOf, lineOf } from '../../../../admin/dead-letters/show.ts';

const letter: KeptLetter = {
  partition: 1,
  offset: 7,
  keptAt: Date.UTC(2026, 10, 22),
  key: Buffer.from([0, 255]),
  value: Buffer.from('{"item":"Straße"}\u001b[2J'),
  source: { topic: 'detections', partition: 3, offset: 99 },
  reason: 'missing_field',
  detail: 'detection_oid is missing',
};

describe('a dead letter on the screen', () => {
  it('shows bytes as text where they are UTF-8, else in hexadecimal', () => {
    assert.deepEqual(bytesJson(Buffer.from('é')), { bytes: 2, text: 'é' });
    assert.deepEqual(bytesJson(Buffer.from([0xff, 0])), { bytes: 2, hex: 'ff00' });
    assert.equal(bytesJson(null), null);
    assert.deepEqual(bytesJson(Buffer.alloc(0)), { bytes: 0, text: '' });
  });

  it('tells all of it, and lets no control character reach the terminal', () => {
    assert.equal(
      allOf(letter),
      [
        'letter     1/7, kept at 2026-11-22T00:00:00.000Z',
        'record     detections, partition 3, offset 99',
        'reason     missing_field',
        'detail     detection_oid is missing',
        'key        2 bytes, hex: 00ff',
        'value      22 bytes, text: {"item":"Straße"}\\u{1b}[2J',
      ].join('\n'),
    );
  });

  it('is one line of a list', () => {
    assert.equal(
      lineOf(letter),
      '1/7\t2026-11-22T00:00:00.000Z\tmissing_field\tdetections/3/99\t{"item":"Straße"}\\u{1b}[2J',
    );
    assert.ok(lineOf({ ...letter, value: Buffer.alloc(1_000, 'x') }).endsWith('x…'));
    assert.match(lineOf({ ...letter, value: null, source: null, reason: null }), /\tunknown\tunknown\t\(no value\)$/);
  });

  it('is the same as JSON, bytes unharmed', () => {
    assert.deepEqual(jsonOf(letter), {
      letter: '1/7',
      dlq_partition: 1,
      dlq_offset: 7,
      kept_at: Date.UTC(2026, 10, 22),
      topic: 'detections',
      partition: 3,
      offset: 99,
      reason: 'missing_field',
      detail: 'detection_oid is missing',
      key: { bytes: 2, hex: '00ff' },
      value: { bytes: 22, text: '{"item":"Straße"}\u001b[2J' },
    });
  });

  it('lets no escape through that a producer put into the headers, in lines, in whole and in JSON', () => {
    const escape = '\u001b]0;title\u0007\u009b2J\u202egnp';
    const hostile = {
      ...letter,
      reason: escape,
      detail: escape,
      source: { topic: escape, partition: 1, offset: 2 },
      value: Buffer.from(escape),
    };
    for (const text of [
      lineOf(hostile).replaceAll('\t', ''),
      allOf(hostile).replaceAll('\n', ''),
      visibleJson(jsonOf(hostile)),
    ]) {
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
      assert.ok(text.includes('title'));
    }
    assert.deepEqual(JSON.parse(visibleJson(jsonOf(hostile))), jsonOf(hostile));
    assert.equal(visibleLines('a\nb\u001b[2J'), 'a\nb\\u{1b}[2J');
  });
});
