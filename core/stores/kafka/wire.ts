/**
 * Kafka's protocol for questions that no client of ours can ask in time: how numbers and texts are written, and one
 * connection to one broker.
 *
 * broker-questions.ts writes its requests and reads its answers with this. A connection lives for one look at the
 * cluster and ends with its signal: nothing is cached, nothing is tried again, so an answer is never of an earlier
 * moment. All requests are of the versions without tagged fields, which brokers from 0.11 to 4 answer.
 *
 *   request   size:i32 api_key:i16 api_version:i16 correlation:i32 client_id:str | body
 *   answer    size:i32 correlation:i32 | body
 *   str = length:i16 then the bytes (-1 for null); array = count:i32 then the elements (-1 for null)
 * Source: the Kafka protocol guide.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { HostPort } from '../../process/host-port.ts';
import { partsOf } from '../../process/host-port.ts';

const CLIENT = 'sightline.exporter';
const MOST_ANSWER_BYTES = 128 * 1_048_576;

export const i8 = (value: number): Buffer => Buffer.from([value & 0xff]);

export function i16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function i64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export const str = (text: string): Buffer => Buffer.concat([i16(Buffer.byteLength(text)), Buffer.from(text)]);

/** Null asks for all. */
export function array<T>(elements: readonly T[] | null, write: (element: T) => Buffer): Buffer {
  return elements === null ? i32(-1) : Buffer.concat([i32(elements.length), ...elements.map(write)]);
}

/** Reads an answer from its beginning to its end; reading past the end throws a RangeError. */
export class Answer {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  i8(): number {
    return this.#bytes.readInt8(this.#step(1));
  }
  i16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }
  i32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }
  i64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#step(8)));
  }
  /** Null is read as an empty text. */
  str(): string {
    return this.#take(this.i16()).toString('utf8');
  }
  bytes(): Buffer {
    return this.#take(this.i32());
  }
  array<T>(read: () => T): T[] {
    const elements: T[] = [];
    for (let left = this.i32(); left > 0; left--) elements.push(read());
    return elements;
  }
  #take(length: number): Buffer {
    const from = this.#step(Math.max(0, length));
    return this.#bytes.subarray(from, this.#at);
  }
  #step(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new RangeError(`the answer ends at byte ${this.#bytes.length}`);
    this.#at = from + length;
    return from;
  }
}

export interface BrokerConnection {
  /** Sends at once; a broker answers the requests of one connection in their order. */
  ask(apiKey: number, version: number, body: Buffer): Promise<Answer>;
  close(): void;
}

export function openBroker(broker: HostPort, signal: AbortSignal): BrokerConnection {
  const waiting: { resolve: (answer: Answer) => void; reject: (fault: Error) => void }[] = [];
  const socket = connect({ ...partsOf(broker), signal });
  let fault: Error | null = null;
  socket.once('error', (error) => void (fault = error));
  socket.once('close', () => {
    fault ??= new Error(`${broker} closed the connection`);
    for (const { reject } of waiting.splice(0)) reject(fault);
  });
  onAnswers(socket, (answer) => waiting.shift()?.resolve(new Answer(answer)));
  let correlation = 0;
  return {
    ask(apiKey, version, body) {
      if (fault) return Promise.reject(fault);
      const payload = Buffer.concat([i16(apiKey), i16(version), i32(++correlation), str(CLIENT), body]);
      socket.write(Buffer.concat([i32(payload.length), payload]));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    close: () => void socket.destroy(),
  };
}

/** Calls with each answer's body, without size and correlation. */
function onAnswers(socket: Socket, call: (body: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let held = 0;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    for (;;) {
      if (held < 4) return;
      if (chunks[0]!.length < 4) chunks = [Buffer.concat(chunks)];
      const size = chunks[0]!.readInt32BE(0);
      if (size < 4 || size > MOST_ANSWER_BYTES) {
        socket.destroy(new Error(`the broker announces an answer of ${size} bytes; this is not Kafka's protocol`));
        return;
      }
      if (held < 4 + size) return;
      const whole = Buffer.concat(chunks);
      call(whole.subarray(8, 4 + size));
      chunks = [whole.subarray(4 + size)];
      held -= 4 + size;
    }
  });
}
