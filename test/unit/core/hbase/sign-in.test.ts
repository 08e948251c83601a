// The frames of a sign-in, at HBase and at ZooKeeper: golden bytes, every truncation, and what a refusal says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHello, encodeSignedHello } from '../../../../core/hbase/frames.ts';
import { KERBEROS_PREAMBLE, readAnswer } from '../../../../core/hbase/sign-in.ts';
import { decodeSasl, encodeSasl } from '../../../../core/hbase/zookeeper.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('the preamble asks for Kerberos, and the header after it names no user', () => {
  assert.deepEqual(KERBEROS_PREAMBLE, hex('48 42 61 73 00 51'));
  const signed = encodeSignedHello('MasterService');
  assert.equal(signed.readInt32BE(0), signed.length - 4);
  assert.ok(!signed.includes('me') && encodeHello('MasterService', 'me').includes('me'));
});

test('a token is read when it is whole, and what follows it is left', () => {
  const whole = hex('00000000 00000003 aabbcc');
  for (let length = 0; length < whole.length; length++) assert.equal(readAnswer(whole.subarray(0, length)), null);
  assert.deepEqual(readAnswer(Buffer.concat([whole, hex('ff')])), { token: hex('aabbcc'), taken: 11 });
});

test('a refusal is told with its message, and a server without Kerberos is named', () => {
  const refusal = Buffer.concat([hex('00000001 00000001'), Buffer.from('C'), hex('00000003'), Buffer.from('bad')]);
  for (let length = 0; length < refusal.length; length++) assert.equal(readAnswer(refusal.subarray(0, length)), null);
  const words = /SaslException: the server does not accept the ticket of a@R for hbase@h: bad/;
  assert.throws(() => readAnswer(refusal, 'the ticket of a@R for hbase@h'), words);
  assert.throws(() => readAnswer(hex('00000000 ffffffa8')), /set HBASE_AUTH=simple/);
  assert.throws(() => readAnswer(hex('00000000 7fffffff')), /announces 2147483647 bytes/);
});

test('ZooKeeper gets a token with opcode 102, and its last answer has none', () => {
  assert.deepEqual(encodeSasl(hex('aabb')), hex('0000000e 00000001 00000066 00000002 aabb'));
  const head = '00000001 0000000000000000 00000000';
  assert.deepEqual(decodeSasl(hex(`${head} 00000002 ccdd`)), hex('ccdd'));
  assert.equal(decodeSasl(hex(`${head} ffffffff`)).length, 0);
  assert.throws(() => decodeSasl(hex(`${head} 00000009 cc`)), /ends early/);
  assert.throws(
    () => decodeSasl(hex('00000001 0000000000000000 ffffff84')),
    /does not accept our ticket \(error -124\)/,
  );
});
