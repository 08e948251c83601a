// When a cookie of HDFS is asked for again: ahead of the end that it tells itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewAt } from '../../../../../core/stores/hdfs/cookie.ts';

test('a cookie is renewed at three quarters of its life', () => {
  const cookie = 'hadoop.auth="u=speed&p=speed@R&t=kerberos&e=1000040000&s=abc="';
  assert.equal(renewAt(cookie, 1_000_000_000), 1_000_030_000);
  assert.equal(renewAt(encodeURI(cookie), 1_000_000_000), 1_000_030_000);
});

test('a cookie that tells no end, or one that has passed, is kept for an hour at most', () => {
  for (const cookie of ['hadoop.auth=x', 'hadoop.auth="u=a&e=5&s=x"'])
    assert.equal(renewAt(cookie, 1_000_000), 1_000_000 + 0.75 * 3_600_000);
});
