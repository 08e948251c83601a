// DIGEST-MD5 against the example of RFC 2831, section 4, and what a server may say that we cannot take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerDigest, directives } from '../../../../core/hbase/digest.ts';

const CHALLENGE = Buffer.from(
  'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8',
);
const USER = { username: 'chris', password: 'secret' };
const FIXED = { cnonce: 'OA6MHXh6VqTrRk', uri: 'imap/elwood.innosoft.com' };

test('the example of the RFC is answered as it says, and its last word is believed', () => {
  const { answer, check } = answerDigest(CHALLENGE, USER, FIXED);
  const said = directives(answer.toString());
  assert.equal(said.get('response'), 'd388dad90d4bbd760a152321f2143af7');
  assert.equal(said.get('digest-uri'), 'imap/elwood.innosoft.com');
  assert.equal(said.get('charset'), 'utf-8');
  assert.ok(!answer.includes('secret'));
  check(Buffer.from('rspauth=ea40f60335c427b5527b84dbabcdfffd'));
  assert.throws(() => check(Buffer.from('rspauth=ea40f60335c427b5527b84dbabcdfffe')), /does not know the secret/);
});

test('HBase names no protocol, so the address is that of Java', () => {
  const { answer } = answerDigest(Buffer.from('realm="default",nonce="n",qop="auth,auth-conf"'), USER);
  assert.equal(directives(answer.toString()).get('digest-uri'), 'null/default');
});

test('a server that encrypts within SASL alone is refused with what to change', () => {
  const challenge = Buffer.from('realm="default",nonce="n",qop="auth-conf"');
  assert.throws(() => answerDigest(challenge, USER), /wants auth-conf within SASL.*hbase\.rpc\.protection/);
  assert.throws(() => answerDigest(Buffer.from('realm="default"'), USER), /has no nonce/);
});

test('quoted values may have commas and escaped quotes', () => {
  assert.deepEqual(
    [...directives('a="1,2",b=3,c="x\\"y"')],
    [
      ['a', '1,2'],
      ['b', '3'],
      ['c', 'x"y'],
    ],
  );
});
