/**
 * The cookie that a NameNode gives for a ticket (HDFS_AUTH=kerberos), so that one sign-in serves many requests.
 *
 * hdfs.ts asks for it before each request. A Negotiate header is good once, the cookie for hours. It is asked for again
 * from three quarters of its life on, and when the NameNode does not accept it any more: a NameNode that restarts may
 * sign with another secret. While a new one is on its way, all requests wait for the same answer.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { messageOf, EXIT, Refusal, Retryable } from '../../process/errors.ts';
import { beginExchange, kerberosRemedy, ticketOf } from '../../process/kerberos.ts';
import type { TlsIdentity } from '../../process/pem.ts';
import type { KerberosIdentity } from '../../process/security-settings.ts';
import { tlsFaultText } from '../../process/socket.ts';
import { CERTIFICATES } from './faults.ts';

const ANSWER_LIMIT_MS = 20_000;
/** Of the life that the cookie itself tells; what it does not tell is asked for every hour. */
const RENEW_AT = 0.75;
const UNTOLD_LIFE_MS = 3_600_000;
const LEAST_LIFE_MS = 1_000;
/** Enough for the reason of a refusal. */
const MOST_BODY_CHARS = 16_384;
const CHECK =
  'Check that hadoop.http.authentication.type is kerberos there, and that its keytab holds HTTP/<that host>.';

export interface SignIn {
  /** What goes into the header Cookie. Throws a Refusal or a Retryable. */
  cookie(): Promise<string>;
  /** Whether a cookie that served before was dropped: then the request may be sent again. */
  drop(): boolean;
}

interface Held {
  readonly text: string;
  readonly since: number;
  readonly renewAt: number;
}

/** `path`: what is asked for with the ticket; anything that needs one will do. */
export function signInTo(
  url: URL,
  identity: KerberosIdentity,
  tls: TlsIdentity,
  path = '/webhdfs/v1/?op=GETHOMEDIRECTORY',
): SignIn {
  let held: Held | null = null;
  let coming: Promise<Held> | null = null;
  const renew = (): Promise<Held> =>
    (coming ??= askForCookie(new URL(path, url), identity, tls)
      .then((cookie) => (held = cookie))
      .finally(() => (coming = null)));
  return {
    async cookie() {
      if (held !== null && Date.now() < held.renewAt) return held.text;
      return (await renew()).text;
    },
    drop() {
      const served = held !== null && Date.now() - held.since > LEAST_LIFE_MS;
      if (served) held = null;
      return served;
    },
  };
}

async function askForCookie(url: URL, identity: KerberosIdentity, tls: TlsIdentity): Promise<Held> {
  const target = { dependency: 'HDFS', service: 'HTTP', host: url.hostname };
  const exchange = await beginExchange(identity, target, 'negotiate');
  const token = await exchange.step(Buffer.alloc(0));
  const { status, cookies, body } = await ask(url, token, tls);
  const text = cookies.map((one) => one.split(';', 1)[0]!).find((one) => /^hadoop\.auth="?[^"]/.test(one));
  if (text !== undefined) return { text, since: Date.now(), renewAt: renewAt(text) };
  const who = identity.principal ?? 'the principal of kinit';
  if (status >= 500 || status === 404)
    throw new Retryable('HDFS', `HDFS at ${url.origin} answers ${status} to the sign-in of ${who}`);
  const reason = reasonOf(body);
  const found = reason === null ? `status ${status}` : `status ${status}, ${reason}`;
  throw new Refusal(
    EXIT.usage,
    `HDFS at ${url.origin} does not accept ${ticketOf(identity, target)} (${found}). ` +
      (kerberosRemedy(reason ?? '') ?? CHECK),
  );
}

/** What a server in Java says of a ticket: `GSSException: Failure … (Mechanism level: Clock skew too great (37))`. */
export function reasonOf(body: string): string | null {
  return /Mechanism level: ([\w .,:-]{1,100}?) ?\(\d+\)/.exec(body)?.[1] ?? null;
}

/** `hadoop.auth="u=speed&p=speed@REALM&t=kerberos&e=<end in ms>&s=…"` */
export function renewAt(cookie: string, now = Date.now()): number {
  const end = Number(/[&"]e=(\d+)/.exec(decodeURIComponent(cookie))?.[1] ?? NaN);
  const life = Number.isFinite(end) && end > now ? end - now : UNTOLD_LIFE_MS;
  return now + Math.max(LEAST_LIFE_MS, life * RENEW_AT);
}

interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: string;
}

function ask(url: URL, token: Buffer, tls: TlsIdentity): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? requestTls : requestPlain)(
      url,
      { ...tls, headers: { authorization: `Negotiate ${token.toString('base64')}` }, timeout: ANSWER_LIMIT_MS },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => (body = (body + text).slice(0, MOST_BODY_CHARS)));
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, cookies: answer.headers['set-cookie'] ?? [], body }),
        );
        answer.once('error', reject);
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)));
    asked.once('error', (fault) => {
      const explained = tlsFaultText(fault);
      reject(
        explained === null
          ? new Retryable('HDFS', `HDFS at ${url.origin} did not answer the sign-in: ${messageOf(fault)}`, fault)
          : new Refusal(
              EXIT.usage,
              `HDFS at ${url.origin}: ${explained} (${messageOf(fault)}). ${CERTIFICATES}.`,
              fault,
            ),
      );
    });
    asked.end();
  });
}
