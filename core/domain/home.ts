/**
 * Where a detection belongs: the home partition of an id (law L3).
 *
 * home(id) = murmur2(decimal text) mod partition count, the placement that Java's producer, Quix Streams and
 * librdkafka's `murmur2_random` give a record whose key is that text. A record found elsewhere is a stray. The hash
 * runs over the text's character codes, which are its UTF-8 bytes because the text is ASCII.
 *
 * Source: MurmurHash2, 32 bits, by Austin Appleby (public domain), with the seed of Kafka's Utils.murmur2.
 */
import type { Oid } from './oid.ts';

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** 32-bit hash of an ASCII text, as a signed integer. */
export function murmur2(text: string): number {
  const length = text.length;
  let h = SEED ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const left = length - i;
  if (left === 3) h ^= text.charCodeAt(i + 2) << 16;
  if (left >= 2) h ^= text.charCodeAt(i + 1) << 8;
  if (left >= 1) h = Math.imul(h ^ text.charCodeAt(i), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** Partition number in 0 … partitionCount − 1. */
export function homeOf(id: Oid, partitionCount: number): number {
  return (murmur2(id) & 0x7fffffff) % partitionCount;
}
