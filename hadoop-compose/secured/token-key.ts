/**
 * The key that signs tokens for SASL OAUTHBEARER on a secured stack, and its public half, which Kafka reads.
 *
 * make-secrets.ts makes both once. Whoever holds the private key may sign in as any user of Kafka: it is what an
 * identity provider keeps on a cluster, and a test's server of tokens here.
 */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Stack } from '../stack/stack.ts';
import { secretFile } from './secrets.ts';

export const TOKEN_AUDIENCE = 'kafka';
const KEY_ID = 'stack';
const KEY_BITS = 2_048;

export const TOKEN_KEY_FILE = 'token.key';
export const TOKEN_KEYS_FILE = 'token-keys.json';

export const tokenKeysUrl = (stack: Pick<Stack, 'folder'>): string =>
  pathToFileURL(secretFile(stack, TOKEN_KEYS_FILE)).href;

/** A private key in PEM, and the set of public keys (RFC 7517). */
export function newTokenKey(): { key: string; keys: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: KEY_BITS });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' };
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    keys: JSON.stringify({ keys: [jwk] }),
  };
}

/** A token (RFC 7519) with which Kafka lets this user in. */
export function signToken(stack: Pick<Stack, 'folder'>, user: string, lifeSeconds: number, now = Date.now()): string {
  const key = createPrivateKey(readFileSync(secretFile(stack, TOKEN_KEY_FILE), 'utf8'));
  const seconds = Math.floor(now / 1_000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = [
    part({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' }),
    part({ sub: user, aud: TOKEN_AUDIENCE, iat: seconds, exp: seconds + lifeSeconds, scope: 'kafka' }),
  ].join('.');
  return `${said}.${sign('sha256', Buffer.from(said), key).toString('base64url')}`;
}
