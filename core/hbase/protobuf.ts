/**
 * Protocol Buffers by hand, for the two messages of the hot path: Multi's request and its answer. protobufjs
 * (messages.ts) does all other messages. Here a row must cost well under a microsecond, and an object per action costs
 * more than that.
 *
 * field  = tag varint (number << 3 | wire type), then by wire type: 0 varint, 1 eight bytes, 2 varint length + bytes,
 *          5 four bytes. Varints: core/layout/varint.ts.
 *
 * The reader trusts nothing: a field that runs past the end is a protocol error, never a short read.
 */
import { varintBytes, writeVarint } from '../layout/varint.ts';
import { protocolError } from './errors.ts';

/** Size of a length-delimited field whose tag takes one byte. */
export function fieldBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}

/** Copies without a native call where that is cheaper: keys and qualifiers are short. */
export function writeBytes(into: Buffer, at: number, bytes: Buffer): number {
  const length = bytes.length;
  if (length > 40) into.set(bytes, at);
  else for (let i = 0; i < length; i++) into[at + i] = bytes[i]!;
  return at + length;
}

/** Tag (one byte), length, bytes. */
export function writeField(into: Buffer, at: number, tag: number, bytes: Buffer): number {
  into[at++] = tag;
  return writeBytes(into, writeVarint(into, at, bytes.length), bytes);
}

export class ProtobufReader {
  readonly bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** An unsigned integer; one beyond 2^53 is refused, since it would lose digits. */
  varint(): number {
    let value = 0;
    let weight = 1;
    for (let i = 0; i < 8; i++) {
      if (this.at >= this.end) throw protocolError(`a message ends inside an integer at byte ${this.at}`);
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      weight *= 128;
    }
    throw protocolError(`an integer beyond 2^53 ends at byte ${this.at}`);
  }

  /** Reads a length and answers where the bytes end; the reader stands at their beginning. */
  lengthEnd(): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > this.end)
      throw protocolError(`a field of ${length} bytes at byte ${this.at}, but ${this.end - this.at} are left`);
    return end;
  }

  take(): Buffer {
    const end = this.lengthEnd();
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  text(): string {
    const end = this.lengthEnd();
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.skipVarint();
        return;
      case 1:
        this.at += 8;
        break;
      case 2:
        this.at = this.lengthEnd();
        return;
      case 5:
        this.at += 4;
        break;
      default:
        throw protocolError(`field tag ${tag} has the unknown wire type ${tag & 7}`);
    }
    if (this.at > this.end) throw protocolError(`a message ends inside field tag ${tag}`);
  }

  private skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw protocolError(`a message ends inside an integer at byte ${this.at}`);
      if (this.bytes[this.at++]! < 0x80) return;
    }
    throw protocolError(`an integer of more than ten bytes ends at byte ${this.at}`);
  }
}
