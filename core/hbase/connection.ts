/**
 * One connection to one server for one service. servers.ts opens it and hands it out; a call is a promise that is kept,
 * broken by the server's exception, by its own deadline, or by the loss of the connection, whichever is first.
 *
 * Answers come in any order and are matched by call id; one that nobody waits for any more is dropped. When the
 * connection ends, all its calls fail at once. A call that times out on a connection which has been silent ever since
 * takes the connection down with it: a dead peer would otherwise cost every later call its deadline too. A server that
 * does not admit us says so in an answer to no call, and closes: then its reason is what all calls fail with.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { HostPort } from '../process/host-port.ts';
import { partsOf } from '../process/host-port.ts';
import { asHBaseError, deadlineError, HBaseError, isResent } from './errors.ts';
import { decodeAnswer, encodeHello, encodeQuestionHead, FrameCutter } from './frames.ts';
import type { MessageCodec } from './messages.ts';

export interface Question {
  method: string;
  param: Buffer;
  cells?: Buffer;
  timeoutMs: number;
}

export interface Reply {
  param: Buffer;
  cells: Buffer;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: HBaseError): void;
  timer: NodeJS.Timeout;
  askedAt: number;
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
      this.socket.write(
        encodeQuestionHead(callId, question.method, question.param.length, cells.length, question.timeoutMs),
      );
      this.socket.write(question.param);
      if (cells.length > 0) this.socket.write(cells);
      this.socket.uncork();
    });
  }

  /** A call whose messages protobufjs knows. */
  async ask<Q, A>(
    method: string,
    ask: MessageCodec<Q>,
    message: Q,
    answer: MessageCodec<A>,
    timeoutMs: number,
  ): Promise<A> {
    const reply = await this.call({ method, param: ask.encode(message), timeoutMs });
    return answer.decode(reply.param);
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
    const gone = new HBaseError('relocate', 'connection', `to ${this.server} is gone: ${reason}`, true);
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

/** Connects and says hello; the error says that nothing was asked yet. */
export function openConnection(
  server: HostPort,
  service: string,
  user: string,
  timeoutMs: number,
  onEnd: (reason: string) => void,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...partsOf(server), noDelay: true, keepAlive: true });
    const fail = (reason: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new HBaseError('relocate', 'connection', `to ${server} (${service}) cannot be made: ${reason}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const onError = (error: Error) => fail(error.message);
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(new Connection(server, socket, encodeHello(service, user), onEnd));
    });
  });
}
