/**
 * Records of a size that is asked for, each a function of its number, so that what comes back can be checked byte by
 * byte.
 *
 * Of four in a row: a detection with a short name and an unknown field that makes up the size, one with a name as long
 * as the size and the contract allow (5,000 code points of four bytes), one whose name is written with escapes, and a
 * dead letter. Every tenth is sent twice, every eleventh carries a header. send-sized.ts sends them, sized-lake.ts
 * compares a lake with them.
 */
export interface SizedPlan {
  readonly records: number;
  readonly bytes: number;
  /** Detections lie within the hour before it. */
  readonly beganAt: number;
  /** Different long names. */
  readonly names: number;
}

export interface SizedRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly isSentTwice: boolean;
  /** Null: a dead letter. */
  readonly detection: { readonly place: number; readonly item: string; readonly detectedAt: number } | null;
}

const FIRST_ID = 9_007_199_254_740_993n;
const PLACES = 7;
const MOST_CODE_POINTS = 5_000;
/** What stands around a name and a note. */
const FRAME_BYTES = 200;
const SPREAD_MS = 3_600_000;
const NOISE = noise(1_500_000);

export const idOf = (n: number): string => String(FIRST_ID + BigInt(n));
export const numberOf = (id: string): number => Number(BigInt(id) - FIRST_ID);

export function sizedRecord(n: number, { bytes, beganAt, names }: SizedPlan): SizedRecord {
  const kind = n % 4;
  const detectedAt = beganAt - ((n * 7_919) % SPREAD_MS);
  const place = n % PLACES;
  const body = bytes - FRAME_BYTES;
  const [item, written] = itemOf(kind, n, Math.floor(n / 4) % names, body);
  const note = noteOf(n, Math.max(0, body - Buffer.byteLength(written)));
  const text =
    `{"geographical_location_oid":${place},"video_camera_oid":${n % 1_000},"detection_oid":${idOf(n)},` +
    `"item_name":"${written}","timestamp_detected":${detectedAt},"note":"${note}"}`;
  return {
    key: idOf(n),
    value: Buffer.from(kind === 3 ? text.slice(0, -1) : text),
    headers: n % 11 === 0 ? [{ trace: noteOf(n + 1, Math.min(2_000, body)) }] : [],
    isSentTwice: n % 10 === 0,
    detection: kind === 3 ? null : { place, item, detectedAt },
  };
}

/** The name, and how JSON writes it here. */
function itemOf(kind: number, n: number, name: number, body: number): [item: string, written: string] {
  if (kind === 1) {
    const item = `${name} ${'🚲'.repeat(Math.min(MOST_CODE_POINTS - 8, Math.floor((body - 8) / 4)))}`;
    return [item, item];
  }
  if (kind === 2) {
    const escaped = Math.min(MOST_CODE_POINTS - 8, Math.floor((body - 8) / 12));
    return [`${name} ${'🚲'.repeat(escaped)}`, `${name} ${'\\ud83d\\udeb2'.repeat(escaped)}`];
  }
  return [`item ${n % 40}`, `item ${n % 40}`];
}

function noteOf(n: number, length: number): string {
  const at = (n * 7_919) % (NOISE.length / 2);
  return NOISE.slice(at, at + length);
}

/** Text that compresses badly. Source: xorshift32 by George Marsaglia. */
function noise(length: number): string {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes.toString('base64').slice(0, length);
}
