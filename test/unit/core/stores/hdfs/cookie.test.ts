// When a cookie of HDFS is asked for again: ahead of the end that it tells itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonOf, renewAt } from '../../../../../core/stores/hdfs/cookie.ts';

test('a cookie is renewed at three quarters of its life', () => {
  const cookie = 'hadoop.auth="u=speed&p=speed@R&t=kerberos&e=1000040000&s=abc="';
  assert.equal(renewAt(cookie, 1_000_000_000), 1_000_030_000);
  assert.equal(renewAt(encodeURI(cookie), 1_000_000_000), 1_000_030_000);
});

test('a cookie that tells no end, or one that has passed, is kept for an hour at most', () => {
  for (const cookie of ['hadoop.auth=x', 'hadoop.auth="u=a&e=5&s=x"'])
    assert.equal(renewAt(cookie, 1_000_000), 1_000_000 + 0.75 * 3_600_000);
});

test('what a NameNode says of a ticket is found in its page, and nothing else of the page', () => {
  const said = 'org.ietf.jgss.GSSException: Failure unspecified at GSS-API level';
  const page = (level: string): string => `<tr><th>MESSAGE:</th><td>${said} (Mechanism level: ${level})</td></tr>`;
  assert.equal(reasonOf(page('Clock skew too great (37)')), 'Clock skew too great');
  assert.equal(reasonOf(page('Request is a replay (34)')), 'Request is a replay');
  assert.equal(reasonOf(page('<b>x</b>')), null);
  assert.equal(reasonOf('<html>Authentication required</html>'), null);
});
