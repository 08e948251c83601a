/**
 * Signs a connection in before its header is sent, with Kerberos or with a token: SASL, mechanism GSSAPI or DIGEST-MD5.
 * connection.ts calls it once.
 *
 * preamble = "HBas" version:00 auth:51 (Kerberos) or 52 (token)
 * question = length:int32 token
 * answer   = status:int32(0) length:int32 token | status:int32(1) class:length:int32+bytes message:length:int32+bytes
 *            (length −88 asks for simple authentication, which we refuse)
 *
 * With Kerberos, tokens go to and fro until the GSS context stands; then the server offers its layers, and we choose
 * none (RFC 4752): TLS encrypts. The server answers the choice with nothing. A server without Kerberos or with another
 * service closes. With a token of HBase the first question is empty; digest.ts has the rest.
 */
import type { Socket } from 'node:net';
import { beginExchange, ticketOf } from '../process/kerberos.ts';
import { decodeToken } from '../process/hadoop-token.ts';
import type { HeldToken } from '../process/held-token.ts';
import type { ServiceAccess } from '../process/security-settings.ts';
import { answerDigest } from './digest.ts';
import { HBaseError, protocolError } from './errors.ts';

export const KERBEROS_PREAMBLE = Buffer.from('HBas\x00\x51', 'latin1');
export const TOKEN_PREAMBLE = Buffer.from('HBas\x00\x52', 'latin1');
const SIMPLE_ASKED = -88;
const MOST_TOKEN_BYTES = 1 << 20;

/** `socket` is connected. Throws a Refusal or Retryable of kerberos.ts, or an HBaseError. */
export async function signIn(socket: Socket, host: string, access: ServiceAccess): Promise<void> {
  const target = { dependency: 'HBase', service: access.service, host };
  const exchange = await beginExchange(access.identity, target);
  const answers = new Answers(socket, ticketOf(access.identity, target));
  try {
    socket.write(KERBEROS_PREAMBLE);
    let token = await exchange.step(Buffer.alloc(0));
    for (;;) {
      if (token.length > 0 || !exchange.isComplete) send(socket, token);
      if (exchange.isComplete) break;
      token = await exchange.step(await answers.next());
    }
    // The last round of the context itself: the server has nothing to add but its offer.
    if (token.length === 0) send(socket, token);
    await exchange.unwrap(await answers.next());
    send(socket, await exchange.wrapChoice());
  } finally {
    answers.stop();
  }
}

/**
 * Throws an HBaseError. One that may pass says that the file of the token holds another one since, so the next try has
 * that.
 */
export async function signInByToken(socket: Socket, held: HeldToken): Promise<void> {
  const token = decodeToken(held.current());
  if (token === null)
    throw new HBaseError('refuse', INVALID_TOKEN, 'what HBASE_TOKEN_FILE holds now is no token of HBase');
  const answers = new Answers(socket, 'our token');
  try {
    socket.write(TOKEN_PREAMBLE);
    send(socket, Buffer.alloc(0));
    const { answer, check } = answerDigest(await answers.next(), {
      username: token.identifier.toString('base64'),
      password: token.password.toString('base64'),
    });
    send(socket, answer);
    check(await answers.next());
  } catch (fault) {
    if (!(fault instanceof HBaseError) || fault.fate !== 'refuse') throw fault;
    if (held.renew())
      throw new HBaseError('relocate', 'connection', 'the token was renewed meanwhile', { cause: fault });
    throw fault.exception === 'SaslException' ? new HBaseError('refuse', INVALID_TOKEN, fault.message) : fault;
  } finally {
    answers.stop();
  }
}

const INVALID_TOKEN = 'InvalidToken';

function send(socket: Socket, token: Buffer): void {
  const length = Buffer.alloc(4);
  length.writeInt32BE(token.length, 0);
  socket.write(Buffer.concat([length, token]));
}

/** An answer out of what has arrived, and how many bytes it took; null if it is not whole. A fault names `ticket`. */
export function readAnswer(bytes: Buffer, ticket = 'our ticket'): { token: Buffer; taken: number } | null {
  if (bytes.length < 8) return null;
  const status = bytes.readInt32BE(0);
  const length = bytes.readInt32BE(4);
  if (status === 0 && length === SIMPLE_ASKED)
    throw new HBaseError(
      'refuse',
      'AccessDeniedException',
      'the server does not use Kerberos and wants to believe a name; set HBASE_AUTH=simple if it may',
    );
  if (length < 0 || length > MOST_TOKEN_BYTES)
    throw protocolError(`the answer to a sign-in announces ${length} bytes of a token`);
  if (bytes.length < 8 + length) return null;
  const first = bytes.subarray(8, 8 + length);
  if (status === 0) return { token: first, taken: 8 + length };
  if (bytes.length < 12 + length) return null;
  const second = bytes.readInt32BE(8 + length);
  if (second < 0 || second > MOST_TOKEN_BYTES)
    throw protocolError(`the refusal of a sign-in announces ${second} bytes of a message`);
  if (bytes.length < 12 + length + second) return null;
  const message = bytes.toString('utf8', 12 + length, 12 + length + second);
  throw new HBaseError('refuse', 'SaslException', `the server does not accept ${ticket}: ${message}`);
}

class Answers {
  private readonly socket: Socket;
  private readonly ticket: string;
  private held = Buffer.alloc(0);
  private fault: Error | undefined;
  private wake: () => void = () => undefined;
  private readonly onData = (piece: Buffer): void => {
    this.held = Buffer.concat([this.held, piece]);
    this.wake();
  };
  private readonly onEnd = (fault?: Error): void => {
    this.fault ??= new HBaseError(
      'relocate',
      'connection',
      fault instanceof Error ? fault.message : 'the server closed the connection during the sign-in',
    );
    this.wake();
  };

  constructor(socket: Socket, ticket: string) {
    this.socket = socket;
    this.ticket = ticket;
    socket.on('data', this.onData);
    socket.on('error', this.onEnd);
    socket.on('close', this.onEnd);
  }

  async next(): Promise<Buffer> {
    for (;;) {
      const answer = readAnswer(this.held, this.ticket);
      if (answer !== null) {
        this.held = this.held.subarray(answer.taken);
        return answer.token;
      }
      if (this.fault !== undefined) throw this.fault;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  stop(): void {
    this.socket.off('data', this.onData);
    this.socket.off('error', this.onEnd);
    this.socket.off('close', this.onEnd);
  }
}
