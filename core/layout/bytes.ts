/**
 * Numbers as big-endian bytes that sort like the numbers: the parts of row keys and cells.
 *
 * hbase.ts, the only caller, owns which number stands where. Whole numbers up to 2^53 are two words, because BigInt
 * costs several times as much and a detection writes a dozen numbers.
 */
import type { Oid } from '../domain/oid.ts';
import { oid } from '../domain/oid.ts';

const WORD = 4_294_967_296;
const SIGN = 0x8000_0000;

/** Unsigned, 8 bytes, value below 2^53. */
export function putU64(into: Buffer, value: number, at: number): number {
  into.writeUInt32BE(Math.floor(value / WORD), at);
  return into.writeUInt32BE(value % WORD, at + 4);
}

export function readU64(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * WORD + from.readUInt32BE(at + 4);
}

/** Signed 64-bit, 8 bytes, with the sign bit turned so that unsigned byte order is numeric order. */
export function putOid(into: Buffer, value: Oid, at: number): number {
  if (value.length <= 15 && value.charCodeAt(0) !== 0x2d) {
    const number = Number(value);
    into.writeUInt32BE((Math.floor(number / WORD) ^ SIGN) >>> 0, at);
    return into.writeUInt32BE(number % WORD, at + 4);
  }
  return into.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)) ^ (1n << 63n), at);
}

export function readOidAt(from: Buffer, at: number): Oid {
  const high = (from.readUInt32BE(at) ^ SIGN) >>> 0;
  if (high < 0x20_0000) return oid(high * WORD + from.readUInt32BE(at + 4));
  return oid(BigInt.asIntN(64, from.readBigUInt64BE(at) ^ (1n << 63n)));
}
