/** Ranges of bytes: each form of RFC 9110 gives its bytes, and what the standard lets a server ignore is ignored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKnownVersion, wantedRange } from '../../../../serving/http/byte-range.ts';

const asking = (headers: Record<string, string>): Request => new Request('http://127.0.0.1/', { headers });
const rangeOf = (range: string, headers: Record<string, string> = {}, bytes = 100) =>
  wantedRange(asking({ range, ...headers }), '"a"', bytes);

test('a range has a first and a last byte, or one of them', () => {
  assert.deepEqual(rangeOf('bytes=0-0'), { offset: 0, bytes: 1 });
  assert.deepEqual(rangeOf('bytes=10-19'), { offset: 10, bytes: 10 });
  assert.deepEqual(rangeOf('bytes=10-'), { offset: 10, bytes: 90 });
  assert.deepEqual(rangeOf('bytes=-10'), { offset: 90, bytes: 10 });
  assert.deepEqual(rangeOf('bytes=0-'), { offset: 0, bytes: 100 });
  assert.deepEqual(rangeOf('BYTES=90-5000'), { offset: 90, bytes: 10 });
  assert.deepEqual(rangeOf('bytes=-5000'), { offset: 0, bytes: 100 });
});

test('a range that begins after the end is a 416 that tells the length', () => {
  for (const range of ['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=99999999999999999999-'])
    assert.throws(
      () => rangeOf(range),
      ({ name, headers }: Error & { headers: object }) => {
        assert.deepEqual([name, headers], ['RangeNotSatisfiable', { 'content-range': 'bytes */100' }], range);
        return true;
      },
    );
  assert.throws(() => rangeOf('bytes=0-', {}, 0), { name: 'RangeNotSatisfiable' });
});

test('what is no single range of bytes is the whole file', () => {
  for (const range of ['bytes=', 'bytes=-', 'bytes=5-2', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6', 'bytes 0-1', ''])
    assert.equal(rangeOf(range), null, range);
  assert.equal(wantedRange(asking({}), '"a"', 100), null);
});

test('If-Range that names another version, or a date, is the whole file', () => {
  assert.deepEqual(rangeOf('bytes=0-0', { 'if-range': '"a"' }), { offset: 0, bytes: 1 });
  assert.equal(rangeOf('bytes=0-0', { 'if-range': '"b"' }), null);
  assert.equal(rangeOf('bytes=0-0', { 'if-range': 'W/"a"' }), null);
  assert.equal(rangeOf('bytes=0-0', { 'if-range': 'Mon, 30 Nov 2026 00:00:00 GMT' }), null);
});

test('If-None-Match names the version that the client has', () => {
  assert.equal(isKnownVersion(asking({}), '"a"'), false);
  for (const known of ['"a"', 'W/"a"', '"b", "a"', '*'])
    assert.equal(isKnownVersion(asking({ 'if-none-match': known }), '"a"'), true, known);
  assert.equal(isKnownVersion(asking({ 'if-none-match': '"b"' }), '"a"'), false);
});
