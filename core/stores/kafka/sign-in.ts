/**
 * A connection of our own to a broker, entered as KAFKA_ACCESS says: TLS, then SASL (PLAIN, SCRAM, OAUTHBEARER or
 * GSSAPI).
 *
 * topic-id.ts, topic-configs.ts and wire.ts ask the questions that no client of ours can ask, and begin here; the two
 * clients sign in by themselves. A broker closes a connection whose first request after the handshake is another one.
 *
 *   SaslHandshake     api 17 v1 | mechanism:str                     answer: error:i16 mechanisms:array<str>
 *   SaslAuthenticate  api 36 v0 | token:i32+bytes                   answer: error:i16 message:str token:i32+bytes
 * Source: the Kafka protocol guide; SCRAM: RFC 5802; OAUTHBEARER: RFC 7628; GSSAPI: RFC 4752, for kafkajs too.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { HostPort } from '../../process/host-port.ts';
import { partsOf } from '../../process/host-port.ts';
import type { KafkaAccess, KafkaSasl } from '../../process/kafka-access.ts';
import { openSocket, readyEvent, tlsFaultText } from '../../process/socket.ts';
import { EXIT, messageOf, Refusal } from '../../process/errors.ts';
import { beginExchange } from '../../process/kerberos.ts';
import { kafkaFault, SASL_FAILED, TLS_FAILED } from './faults.ts';
import { Answer, i16, i32, str } from './frames.ts';
import { tokenSourceOf } from './oauth-token.ts';

const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
const UNSUPPORTED_MECHANISM = 33;
const MOST_ANSWER_BYTES = 1 << 20;
const CLIENT = 'sightline';

export interface ConnectLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A connection that is signed in; nothing has been asked yet. */
export async function connectBroker(
  broker: HostPort,
  access: KafkaAccess | undefined,
  { timeoutMs, signal }: ConnectLimits,
): Promise<Socket> {
  const tls = access?.tls ?? null;
  const socket = openSocket(broker, tls, {
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(readyEvent(tls), resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
    });
    if (access?.sasl) await authenticate(socket, broker, access);
    return socket;
  } catch (thrown) {
    socket.destroy();
    const explained = tlsFaultText(thrown);
    if (explained === null) throw thrown;
    throw kafkaFault(`Kafka at ${broker}`, TLS_FAILED, `${explained} (${messageOf(thrown)})`, thrown);
  }
}

/** As whom somebody signs in. */
export function nameIn(sasl: KafkaSasl): string {
  if (sasl.mechanism === 'OAUTHBEARER') return sasl.client.clientId;
  return sasl.mechanism === 'GSSAPI' ? (sasl.principal ?? 'the principal of kinit') : sasl.username;
}

async function authenticate(socket: Socket, broker: HostPort, access: KafkaAccess): Promise<void> {
  const sasl = access.sasl!;
  const where = `Kafka at ${broker}, signing in ${nameIn(sasl)} with ${sasl.mechanism}`;
  const ask = asking(socket);
  const handshake = await ask(SASL_HANDSHAKE, 1, str(sasl.mechanism));
  const error = handshake.i16();
  if (error !== 0) {
    const known = handshake.array(() => handshake.str()).join(', ');
    throw kafkaFault(where, UNSUPPORTED_MECHANISM, `the broker knows ${known || 'no mechanism'}`);
  }
  const send = async (token: Buffer): Promise<Buffer> => {
    const answer = await ask(SASL_AUTHENTICATE, 0, Buffer.concat([i32(token.length), token]));
    const code = answer.i16();
    const message = answer.str();
    if (code !== 0) throw kafkaFault(where, SASL_FAILED, message || `error code ${code}`);
    return answer.bytes();
  };
  if (sasl.mechanism === 'PLAIN') await send(Buffer.from(`\0${sasl.username}\0${sasl.password}`));
  else if (sasl.mechanism === 'OAUTHBEARER') await bearer(access, send, where);
  else if (sasl.mechanism === 'GSSAPI') await signInByTicket(sasl, partsOf(broker).host, send);
  else await scram(sasl, send, where);
}

type Send = (token: Buffer) => Promise<Buffer>;

/** What the broker answers to a token that it does not accept is JSON with the reason. */
async function bearer(access: KafkaAccess, send: Send, where: string): Promise<void> {
  const { value } = await tokenSourceOf(access)!.token();
  const answer = await send(Buffer.from(`n,,\x01auth=Bearer ${value}\x01\x01`));
  if (answer.length > 0)
    throw kafkaFault(where, SASL_FAILED, `the broker answers ${answer.toString('utf8').slice(0, 200)}`);
}

/** The rounds of Kerberos; the last answer takes what the server offers, without a layer of its own. */
export async function signInByTicket(
  { service, principal, keytab }: Extract<KafkaSasl, { mechanism: 'GSSAPI' }>,
  host: string,
  send: Send,
): Promise<void> {
  const exchange = await beginExchange({ principal, keytab }, { dependency: 'Kafka', service, host });
  let token = await exchange.step(Buffer.alloc(0));
  while (!exchange.isComplete) token = await exchange.step(await send(token));
  await exchange.unwrap(await send(token));
  await send(await exchange.wrapChoice());
}

/** Proves that we know the password without sending it, and that the broker knows it too. */
async function scram(
  { mechanism, username, password }: Extract<KafkaSasl, { password: string }>,
  send: Send,
  where: string,
): Promise<void> {
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const nonce = randomBytes(24).toString('base64url');
  const first = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  const challenge = (await send(Buffer.from(`n,,${first}`))).toString('utf8');
  const [, both = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? [];
  if (!both.startsWith(nonce))
    throw new Refusal(EXIT.usage, `${where}: the broker's challenge does not belong to our question.`);
  const { proof, signature } = scramProof({ hash, password, salt, rounds: Number(rounds), first, challenge, both });
  const final = await send(Buffer.from(`c=biws,r=${both},p=${proof.toString('base64')}`));
  const shown = Buffer.from(/^v=([^,]+)/.exec(final.toString('utf8'))?.[1] ?? '', 'base64');
  if (shown.length !== signature.length || !timingSafeEqual(shown, signature))
    throw kafkaFault(where, SASL_FAILED, 'the broker does not know the password itself; it may be another server');
}

export interface ScramQuestion {
  readonly hash: 'sha256' | 'sha512';
  readonly password: string;
  /** Base64. */
  readonly salt: string;
  readonly rounds: number;
  /** Our first message, without its head. */
  readonly first: string;
  readonly challenge: string;
  /** Both nonces. */
  readonly both: string;
}

/** What we send as proof, and what the broker must send. */
export function scramProof(question: ScramQuestion): { proof: Buffer; signature: Buffer } {
  const { hash, password, salt, rounds, first, challenge, both } = question;
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), rounds, hash === 'sha256' ? 32 : 64, hash);
  const clientKey = hmac(salted, 'Client Key');
  const said = `${first},${challenge},c=biws,r=${both}`;
  const mask = hmac(createHash(hash).update(clientKey).digest(), said);
  return {
    proof: Buffer.from(clientKey.map((byte, at) => byte ^ mask[at]!)),
    signature: hmac(hmac(salted, 'Server Key'), said),
  };
}

/** One question at a time; the answers' bytes end with the sign-in. */
function asking(socket: Socket): (apiKey: number, version: number, body: Buffer) => Promise<Answer> {
  let correlation = 0;
  return (apiKey, version, body) => {
    const payload = Buffer.concat([i16(apiKey), i16(version), i32(++correlation), str(CLIENT), body]);
    return new Promise((resolve, reject) => {
      let held = Buffer.alloc(0);
      const stop = (): void => {
        socket.off('data', onData);
        socket.off('error', onEnd);
        socket.off('close', onEnd);
      };
      const onEnd = (fault?: unknown): void => {
        stop();
        reject(fault instanceof Error ? fault : new Error('the broker closed the connection during the sign-in'));
      };
      const onData = (chunk: Buffer): void => {
        held = Buffer.concat([held, chunk]);
        if (held.length < 4) return;
        const size = held.readInt32BE(0);
        if (size < 4 || size > MOST_ANSWER_BYTES)
          return onEnd(new Error(`the broker announces an answer of ${size} bytes; this is not Kafka's protocol`));
        if (held.length < 4 + size) return;
        stop();
        resolve(new Answer(held.subarray(8, 4 + size)));
      };
      socket.on('data', onData);
      socket.on('error', onEnd);
      socket.on('close', onEnd);
      socket.write(Buffer.concat([i32(payload.length), payload]));
    });
  };
}
