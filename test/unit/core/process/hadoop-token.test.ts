// Tokens of Hadoop in their text form: golden bytes, every truncation, and what is no token.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeToken } from '../../../../core/process/hadoop-token.ts';

const part = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const whole = Buffer.concat(['identifier', 'password', 'HBASE_AUTH_TOKEN', ''].map(part));

test('a token has an identifier, a password and a kind', () => {
  const token = decodeToken(whole.toString('base64url'));
  assert.equal(token?.identifier.toString(), 'identifier');
  assert.equal(token.password.toString(), 'password');
  assert.equal(token.kind, 'HBASE_AUTH_TOKEN');
});

test('a length of one byte more and of two is read as Hadoop writes it', () => {
  const long = (length: number, head: number[]): string =>
    Buffer.concat([Buffer.from(head), Buffer.alloc(length, 7), part('p'), part('K'), part('')]).toString('base64url');
  assert.equal(decodeToken(long(128, [0x8f, 0x80]))?.identifier.length, 128);
  assert.equal(decodeToken(long(300, [0x8e, 0x01, 0x2c]))?.identifier.length, 300);
});

test('what is cut short, goes on, or has a negative length is no token', () => {
  for (let length = 0; length < whole.length; length++)
    assert.equal(decodeToken(whole.subarray(0, length).toString('base64url')), null);
  assert.equal(decodeToken(Buffer.concat([whole, Buffer.from('x')]).toString('base64url')), null);
  assert.equal(decodeToken(Buffer.from([0xff, 0, 0, 0]).toString('base64url')), null);
  assert.equal(decodeToken(''), null);
});
