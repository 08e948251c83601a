/**
 * How Kafka's protocol writes numbers, texts and arrays, of the versions without tagged fields.
 *
 * broker-questions.ts and sign-in.ts write their requests and read their answers with this.
 *
 *   str = length:i16 then the bytes (-1 for null); array = count:i32 then the elements (-1 for null)
 * Source: the Kafka protocol guide.
 */
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
