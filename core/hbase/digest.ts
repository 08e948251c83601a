/**
 * SASL DIGEST-MD5 (RFC 2831), one side: how HBase takes a token. sign-in.ts sends what is made here.
 *
 * challenge  realm="default",nonce="…",qop="auth",charset=utf-8,algorithm=md5-sess
 * answer     username="…",realm="default",nonce="…",nc=00000001,cnonce="…",digest-uri="null/default",response=…,
 *            qop=auth
 * last word  rspauth=…   shows that the server knows the password too
 *
 * The user is the token's identifier and the password its signature, both in base64. The password is not sent. The
 * mechanism protects nothing that follows: TLS does.
 */
import { createHash, randomBytes } from 'node:crypto';
import { HBaseError, protocolError } from './errors.ts';

export interface DigestUser {
  readonly username: string;
  readonly password: string;
}

/** HBase names no protocol, and Java writes that so. */
const URI = 'null/default';
const COUNT = '00000001';
const REALM = 'default';

export interface DigestAnswer {
  readonly answer: Buffer;
  /** Throws if the server did not show that it knows the password. */
  check(lastWord: Buffer): void;
}

export function answerDigest(
  challenge: Buffer,
  { username, password }: DigestUser,
  { cnonce = randomBytes(24).toString('base64'), uri = URI } = {},
): DigestAnswer {
  const said = directives(challenge.toString('utf8'));
  const nonce = said.get('nonce');
  const realm = said.get('realm') ?? REALM;
  if (nonce === undefined) throw protocolError('the challenge of a sign-in with a token has no nonce');
  const layers = (said.get('qop') ?? 'auth').split(',').map((layer) => layer.trim());
  if (!layers.includes('auth'))
    throw new HBaseError(
      'refuse',
      'SaslException',
      `the server wants ${layers.join(' or ')} within SASL, and we leave that to TLS: its hbase.rpc.protection must ` +
        'have authentication too',
    );
  const secret = md5(Buffer.from(`${username}:${realm}:${password}`, 'utf8'));
  const key = hex(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`)]));
  const proof = (method: string): string =>
    hex(Buffer.from([key, nonce, COUNT, cnonce, 'auth', hex(Buffer.from(`${method}:${uri}`))].join(':')));
  const parts = [
    ...(said.has('charset') ? ['charset=utf-8'] : []),
    ...[`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `nc=${COUNT}`, `cnonce="${cnonce}"`],
    ...[`digest-uri="${uri}"`, 'maxbuf=65536', `response=${proof('AUTHENTICATE')}`, 'qop=auth'],
  ];
  return {
    answer: Buffer.from(parts.join(',')),
    check(lastWord) {
      if (directives(lastWord.toString('utf8')).get('rspauth') !== proof(''))
        throw new HBaseError('refuse', 'SaslException', 'the server does not know the secret of our token');
    },
  };
}

/** `name=value` and `name="value"`, separated by commas. */
export function directives(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:,|$)/g))
    found.set(name!.toLowerCase(), quoted === undefined ? plain!.trim() : quoted.replace(/\\(.)/g, '$1'));
  return found;
}

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
const hex = (bytes: Buffer): string => md5(bytes).toString('hex');
