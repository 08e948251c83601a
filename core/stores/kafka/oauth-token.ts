/**
 * Tokens for SASL OAUTHBEARER, from the server of KAFKA_OAUTH_TOKEN_URL (OAuth 2.0, client credentials: RFC 6749,
 * section 4.4).
 *
 * kafkajs-client.ts and sign-in.ts ask for one at each connection, calls.ts hands them to node-rdkafka ahead of their
 * end. A token is kept until four fifths of its life have passed; whoever asks meanwhile waits for the same answer. A
 * fault names the server and the client, and never holds a secret or a token.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import type { KafkaAccess, OAuthClient } from '../../process/kafka-access.ts';
import { tlsFaultText } from '../../process/socket.ts';

const ANSWER_LIMIT_MS = 10_000;
const RENEW_AT = 0.8;
const UNTOLD_LIFE_SECONDS = 300;
const MOST_ANSWER_BYTES = 1 << 20;
const Answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() });

export interface Token {
  readonly value: string;
  /** When another one is asked for; epoch milliseconds. */
  readonly renewAt: number;
}

export interface TokenSource {
  /** Throws a Refusal or a Retryable. */
  token(): Promise<Token>;
}

const sources = new Map<string, TokenSource>();

/** One a process for each client, so that its connections share tokens. Null for other mechanisms. */
export function tokenSourceOf(access: KafkaAccess | undefined): TokenSource | null {
  if (access?.sasl?.mechanism !== 'OAUTHBEARER') return null;
  const { client } = access.sasl;
  const key = JSON.stringify(client);
  const source = sources.get(key) ?? tokenSource(client, access.tls?.ca);
  sources.set(key, source);
  return source;
}

export function tokenSource(client: OAuthClient, ca?: string, now: () => number = Date.now): TokenSource {
  let held: Token | null = null;
  let coming: Promise<Token> | null = null;
  return {
    token() {
      if (held !== null && now() < held.renewAt) return Promise.resolve(held);
      return (coming ??= askForToken(client, ca, now)
        .then((token) => (held = token))
        .finally(() => (coming = null)));
    },
  };
}

async function askForToken(client: OAuthClient, ca: string | undefined, now: () => number): Promise<Token> {
  const where = `the token server at ${new URL(client.tokenUrl).origin}, asked as ${client.clientId}`;
  const { status, text } = await post(client, ca).catch((fault: unknown) => {
    const explained = tlsFaultText(fault);
    if (explained === null) throw new Retryable('Kafka', `${where}, does not answer: ${messageOf(fault)}`, fault);
    throw new Refusal(EXIT.usage, `${where}: ${explained} (${messageOf(fault)}). KAFKA_CA must hold it.`, fault);
  });
  if (status >= 500 || status === 429) throw new Retryable('Kafka', `${where}, answers ${status}`);
  const parsed = status < 300 ? Answer.safeParse(parseJson(text)) : null;
  if (!parsed?.success)
    throw new Refusal(
      EXIT.usage,
      `${where}, gives no token (status ${status}${reasonIn(text)}). Check KAFKA_OAUTH_TOKEN_URL, ` +
        'KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE.',
    );
  const { access_token: value, expires_in: lifeSeconds = UNTOLD_LIFE_SECONDS } = parsed.data;
  return { value, renewAt: now() + lifeSeconds * 1_000 * RENEW_AT };
}

/** The word of RFC 6749 for what is wrong. */
function reasonIn(text: string): string {
  const { error } = z.object({ error: z.string().regex(/^[\w-]{1,60}$/) }).safeParse(parseJson(text)).data ?? {};
  return error === undefined ? '' : `, ${error}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function post(client: OAuthClient, ca: string | undefined): Promise<{ status: number; text: string }> {
  const url = new URL(client.tokenUrl);
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(client.scope === undefined ? {} : { scope: client.scope }),
  }).toString();
  const secret = [client.clientId, client.clientSecret].map(encodeURIComponent).join(':');
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? requestTls : requestPlain)(
      url,
      {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
        timeout: ANSWER_LIMIT_MS,
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MOST_ANSWER_BYTES) asked.destroy(new Error('the answer is too long'));
        });
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.once('error', reject);
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)));
    asked.once('error', reject);
    asked.end(body);
  });
}
