/**
 * Object identifiers: signed 64-bit integers, held as their canonical decimal text.
 *
 * The parser (parse.ts) makes them, every layer passes them on, layout/ turns them into eight bytes. They are texts,
 * because numbers lose digits beyond 2^53, and because Kafka's key, the JSON answers and a Map need a text anyway. One
 * id has exactly one text: no leading zeros, no `-0`, no sign but a minus.
 */
import { digitsUpTo } from './digits.ts';

declare const oidBrand: unique symbol;
export type Oid = string & { readonly [oidBrand]: true };

const CANONICAL = /^(?:0|-?[1-9][0-9]*)$/;
const LEAST = String(-(2n ** 63n));
const GREATEST = String(2n ** 63n - 1n);
/** What readOid takes, as a regular expression. */
export const OID_PATTERN =
  `^(?:0|-?[1-9][0-9]{0,17}|${digitsUpTo(GREATEST, 1)}|` + `-(?:${digitsUpTo(LEAST.slice(1), 1)}))$`;

export type OidReading = { ok: true; oid: Oid } | { ok: false; because: 'not_canonical' | 'out_of_range' };

/** Reads a canonical decimal text; says which of the two rules a text breaks. */
export function readOid(text: string): OidReading {
  if (!CANONICAL.test(text)) return { ok: false, because: 'not_canonical' };
  return isInRange(text) ? { ok: true, oid: text as Oid } : { ok: false, because: 'out_of_range' };
}

/** Whether a canonical decimal text is a signed 64-bit integer. Texts of equal length sort like their numbers. */
export function isInRange(text: string): text is Oid {
  const farthest = text.charCodeAt(0) === 0x2d ? LEAST : GREATEST;
  return text.length < farthest.length || (text.length === farthest.length && text <= farthest);
}

/** For ids that must be right (a stored row, a test): throws on anything else. */
export function oid(text: string | bigint | number): Oid {
  const reading = readOid(String(text));
  if (!reading.ok)
    throw new RangeError(`"${String(text)}" is not the canonical decimal text of a signed 64-bit integer`);
  return reading.oid;
}

/** Numeric order. */
export function compareOids(a: Oid, b: Oid): number {
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b);
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
