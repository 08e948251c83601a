/**
 * Varints (LEB128): whole numbers below 2^53 as seven bits a byte, the lowest first, the top bit set on all but the
 * last byte: 300 = AC 02.
 *
 * The cells of counts (hbase.ts), the messages of HBase (core/hbase/protobuf.ts) and Kafka's flexible requests write
 * their numbers with it.
 */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  let bytes = 5;
  for (let rest = Math.floor(value / 2 ** 35); rest > 0; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Returns the position after the number. */
export function writeVarint(into: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x10000000) {
    into[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    into[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
}

/** Throws a RangeError if the bytes end within the number. */
export function readVarint(from: Buffer, start: number): number {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    const byte = from[at];
    if (byte === undefined) throw new RangeError(`the number at byte ${start} of ${from.length} does not end`);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}
