/**
 * Numbers as big-endian bytes that sort like the numbers: the parts of row keys and cells.
 *
 * hbase.ts, which calls all of them, owns which number stands where; core/hbase/cells.ts writes its words with putWord.
 * Whole numbers and ids are two words each, because BigInt costs several times as much and a detection writes a dozen.
 */
import type { Oid } from '../domain/oid.ts';
import { oid } from '../domain/oid.ts';

const WORD = 4_294_967_296;
const HALF_WORD = 65_536;
const BILLION = 1_000_000_000;
const MINUS = 0x2d;
const ZERO = 0x30;
const SIGN = 0x8000_0000;

/** Unsigned, 8 bytes, value below 2^53. */
export function putU64(into: Buffer, value: number, at: number): number {
  putWord(into, Math.floor(value / WORD), at);
  return putWord(into, value % WORD, at + 4);
}

export function readU64(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * WORD + from.readUInt32BE(at + 4);
}

/**
 * Signed 64-bit, 8 bytes, with the sign bit turned so that unsigned byte order is numeric order. Ids made from the time
 * have nineteen digits. Of those, `upper` are the digits before the last nine; every product here stays below 2^53.
 */
export function putOid(into: Buffer, value: Oid, at: number): number {
  const isNegative = value.charCodeAt(0) === MINUS;
  const first = isNegative ? 1 : 0;
  const split = Math.max(first, value.length - 9);
  const upper = digitsOf(value, first, split);
  const top = Math.floor(upper / HALF_WORD) * BILLION;
  const rest = (top % HALF_WORD) * HALF_WORD + (upper % HALF_WORD) * BILLION + digitsOf(value, split, value.length);
  let high = (Math.floor(top / HALF_WORD) + Math.floor(rest / WORD)) | 0;
  let low = (rest % WORD) | 0;
  if (isNegative) {
    low = -low | 0;
    high = low === 0 ? -high | 0 : ~high;
  }
  putWord(into, high ^ SIGN, at);
  return putWord(into, low, at + 4);
}

function digitsOf(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) number = number * 10 + text.charCodeAt(i) - ZERO;
  return number;
}

/** The lowest 32 bits of a whole number. */
export function putWord(into: Buffer, word: number, at: number): number {
  into[at] = word >>> 24;
  into[at + 1] = word >>> 16;
  into[at + 2] = word >>> 8;
  into[at + 3] = word;
  return at + 4;
}

export function readOidAt(from: Buffer, at: number): Oid {
  const high = (from.readUInt32BE(at) ^ SIGN) >>> 0;
  if (high < 0x20_0000) return oid(high * WORD + from.readUInt32BE(at + 4));
  return oid(BigInt.asIntN(64, from.readBigUInt64BE(at) ^ (1n << 63n)));
}
