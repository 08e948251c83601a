/**
 * One connection to one server for one service. servers.ts opens it and hands it out. A call ends with its answer, with
 * the server's exception, at its own deadline, or with the loss of the connection, whichever comes first.
 *
 * Answers come in any order; the connection matches them by call id and drops an answer that nobody waits for. When the
 * connection ends, all its calls fail at once. If a call times out and nothing has arrived since it was sent, the
 * connection closes: otherwise a dead peer would cost every later call its deadline too. A server that does not admit
 * us sends an answer with call id −1 and closes: then all calls fail with its reason.
 */
import type { Socket } from 'node:net';
import type { HostPort } from '../process/host-port.ts';
import { partsOf } from '../process/host-port.ts';
import { Refusal, Retryable } from '../process/errors.ts';
import { openSocket, readyEvent, tlsFaultText } from '../process/socket.ts';
import { asHBaseError, deadlineError, HBaseError, isResent } from './errors.ts';
import { decodeAnswer, encodeHello, encodeQuestionHead, encodeSignedHello, FrameCutter } from './frames.ts';
import type { MessageCodec } from './messages.ts';
import { signIn, signInByToken } from './sign-in.ts';
import type { HBaseAccess } from './types.ts';

export interface Question {
  readonly method: string;
  readonly param: Buffer;
  readonly cells?: Buffer;
  readonly timeoutMs: number;
}

/** A question whose messages protobufjs knows. */
export interface TypedQuestion<Q, A> {
  readonly method: string;
  readonly request: MessageCodec<Q>;
  readonly message: Q;
  readonly response: MessageCodec<A>;
}

export interface Reply {
  readonly param: Buffer;
  readonly cells: Buffer;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: HBaseError): void;
  readonly timer: NodeJS.Timeout;
  readonly askedAt: number;
}

const NO_BYTES = Buffer.alloc(0);
/** The call id −1, as the wire has it. */
const NO_CALL = 0xffffffff;

export class Connection {
  readonly server: string;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, Waiting>();
  private readonly cutter = new FrameCutter();
  private readonly onEnd: (reason: string) => void;
  private lastCallId = 0;
  private heardAt = performance.now();
  private ended: HBaseError | undefined;

  /** Takes a connected socket; `onEnd` is called once. */
  constructor(server: string, socket: Socket, hello: Buffer, onEnd: (reason: string) => void) {
    this.server = server;
    this.socket = socket;
    this.onEnd = onEnd;
    socket.on('data', (piece: Buffer) => this.receive(piece));
    socket.on('error', (error) => this.end(error.message));
    socket.on('close', () => this.end('the server closed the connection'));
    socket.write(hello);
  }

  get usable(): boolean {
    return this.ended === undefined;
  }

  call(question: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) {
        reject(isResent(this.ended) ? new HBaseError('relocate', 'connection', this.ended.message) : this.ended);
        return;
      }
      const callId = (this.lastCallId = (this.lastCallId + 1) % 0x7fffffff);
      const timer = setTimeout(() => this.expire(callId, question), question.timeoutMs);
      this.waiting.set(callId, { resolve, reject, timer, askedAt: performance.now() });
      const cells = question.cells ?? NO_BYTES;
      this.socket.cork();
      const { method, param, timeoutMs } = question;
      this.socket.write(
        encodeQuestionHead({ callId, method, paramBytes: param.length, cellsBytes: cells.length, timeoutMs }),
      );
      this.socket.write(param);
      if (cells.length > 0) this.socket.write(cells);
      this.socket.uncork();
    });
  }

  async ask<Q, A>({ method, request, message, response }: TypedQuestion<Q, A>, timeoutMs: number): Promise<A> {
    const reply = await this.call({ method, param: request.encode(message), timeoutMs });
    return response.decode(reply.param);
  }

  close(reason: string): void {
    this.end(reason);
  }

  private receive(piece: Buffer): void {
    this.heardAt = performance.now();
    try {
      this.cutter.push(piece, (frame) => this.settle(frame));
    } catch (error) {
      this.end(asHBaseError(error).message);
    }
  }

  private settle(frame: Buffer): void {
    const answer = decodeAnswer(frame);
    if (answer.callId === NO_CALL && answer.error !== undefined) return this.end(answer.error.message, answer.error);
    const waiting = this.waiting.get(answer.callId);
    if (waiting === undefined) return;
    this.waiting.delete(answer.callId);
    clearTimeout(waiting.timer);
    if (answer.error === undefined) waiting.resolve({ param: answer.param, cells: answer.cells });
    else waiting.reject(answer.error);
  }

  private expire(callId: number, question: Question): void {
    const waiting = this.waiting.get(callId);
    if (waiting === undefined) return;
    this.waiting.delete(callId);
    waiting.reject(deadlineError(`${question.method} on ${this.server}`, question.timeoutMs));
    if (this.heardAt <= waiting.askedAt) this.end(`silent for ${question.timeoutMs} ms`);
  }

  private end(reason: string, fault?: HBaseError): void {
    if (this.ended !== undefined) return;
    const gone = new HBaseError('relocate', 'connection', `to ${this.server} is gone: ${reason}`, {
      isAmbiguous: true,
    });
    this.ended = fault !== undefined && !isResent(fault) ? fault : gone;
    this.socket.destroy();
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(this.ended);
    }
    this.waiting.clear();
    this.onEnd(reason);
  }
}

export interface ConnectionOptions {
  readonly server: HostPort;
  readonly service: string;
  readonly access: HBaseAccess;
  readonly timeoutMs: number;
  readonly onEnd: (reason: string) => void;
}

/** Connects, signs in and says hello; its error is not ambiguous, since nothing was asked yet. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { server, service, access, timeoutMs, onEnd } = options;
  const { user, tls = null, kerberos = null, token = null } = access;
  const socket = openSocket(server, tls, { noDelay: true, keepAlive: true });
  const failed = (reason: string, cause?: unknown): HBaseError =>
    new HBaseError('relocate', 'connection', `to ${server} (${service}) cannot be made: ${reason}`, { cause });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Connection>((resolve, reject) => {
      timer = setTimeout(() => reject(failed(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const onError = (error: Error): void => {
        const explained = tlsFaultText(error);
        reject(
          explained === null
            ? failed(error.message)
            : new HBaseError('refuse', 'TLS', `${server}: ${explained} (${error.message})`),
        );
      };
      socket.once('error', onError);
      socket.once('close', () => reject(failed('the server closed the connection')));
      const begin = async (): Promise<void> => {
        if (kerberos !== null) await signIn(socket, partsOf(server).host, kerberos);
        else if (token !== null) await signInByToken(socket, token);
        socket.off('error', onError);
        const hello = kerberos === null && token === null ? encodeHello(service, user) : encodeSignedHello(service);
        resolve(new Connection(server, socket, hello, onEnd));
      };
      socket.once(readyEvent(tls), () => void begin().catch(reject));
    });
  } catch (thrown) {
    socket.destroy();
    throw thrown instanceof HBaseError ? thrown : signInError(thrown, failed);
  } finally {
    clearTimeout(timer);
  }
}

/** What kerberos.ts throws says already who must do what. */
function signInError(thrown: unknown, failed: (reason: string, cause?: unknown) => HBaseError): HBaseError {
  if (thrown instanceof Refusal) return new HBaseError('refuse', 'Kerberos', thrown.message, { cause: thrown });
  if (thrown instanceof Retryable) return failed(thrown.message, thrown);
  return asHBaseError(thrown);
}
