/**
 * From bytes to a detection, or to the reason why not: the one parser of both layers (law L10).
 *
 * verdict.ts calls it for every record that is no tick. Pure and total: it answers for any bytes and never throws. It
 * reads ids from the JSON text itself, because JSON.parse rounds numbers beyond 2^53.
 */
import { isUtf8 } from 'node:buffer';
import type { DeadLetter, DeadLetterReason } from './dead-letters.ts';
import type { Detection } from './detection.ts';
import type { Oid } from './oid.ts';
import type { Instant } from './time.ts';
import { hasLoneSurrogate, membersOf } from './json-members.ts';
import { isInRange, readOid } from './oid.ts';
import { LAST_INSTANT } from './time.ts';

export type Reading = { ok: true; detection: Detection } | { ok: false; deadLetter: DeadLetter };

const GREATEST_ITEM_CODE_POINTS = 5_000;
const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;

/** Reads the value of a record; the contract of the value is documented in docs/data.md and core/layout/log.ts. */
export function parseDetection(value: Buffer | null): Reading {
  try {
    return { ok: true, detection: read(value) };
  } catch (fault) {
    if (fault instanceof Unreadable) return { ok: false, deadLetter: { reason: fault.reason, detail: fault.message } };
    throw fault;
  }
}

class Unreadable extends Error {
  readonly reason: DeadLetterReason;
  constructor(reason: DeadLetterReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

function read(value: Buffer | null): Detection {
  const text = textOf(value);
  return readUsual(text) ?? readAny(text);
}

const OID = '(0|-?[1-9][0-9]{0,18})';
/** The form of nearly every record: the contract's example, with or without spaces, no escape, no other field. */
const USUAL = new RegExp(
  `^\\{"geographical_location_oid": ?${OID}, ?"video_camera_oid": ?${OID}, ?"detection_oid": ?${OID}, ?` +
    `"item_name": ?"([^"\\\\\\u0000-\\u001f]{1,${GREATEST_ITEM_CODE_POINTS}})", ?` +
    '"timestamp_detected": ?(0|[1-9][0-9]{0,14})\\}$',
);

/** Reads the usual form at a third of the cost; null: another form. Must agree with readAny. */
function readUsual(text: string): Detection | null {
  const fields = USUAL.exec(text);
  if (fields === null) return null;
  const [location, camera, id] = [fields[1]!, fields[2]!, fields[3]!];
  const detectedAt = Number(fields[5]) as Instant;
  if (detectedAt > LAST_INSTANT || !isInRange(location) || !isInRange(camera) || !isInRange(id)) return null;
  return { location, camera, id, item: fields[4]!, detectedAt };
}

function readAny(text: string): Detection {
  const raw = readMembers(text);
  return {
    location: oidField(raw, 'geographical_location_oid'),
    camera: oidField(raw, 'video_camera_oid'),
    id: oidField(raw, 'detection_oid'),
    item: itemField(raw),
    detectedAt: timeField(raw),
  };
}

function textOf(value: Buffer | null): string {
  if (value === null) throw new Unreadable('tombstone', 'the record has no value');
  if (value.length === 0) throw new Unreadable('empty_value', 'the value has no bytes');
  if (value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf) {
    throw new Unreadable(
      'byte_order_mark',
      'the value begins with the bytes EF BB BF; UTF-8 without them was expected',
    );
  }
  if (!isUtf8(value)) throw new Unreadable('bad_utf8', 'the value is not well-formed UTF-8');
  return value.toString('utf8');
}

function readMembers(text: string): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (fault) {
    throw new Unreadable('not_json', fault instanceof Error ? fault.message.slice(0, 200) : 'the value is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Unreadable('not_an_object', `the value is ${describe(parsed)}; a JSON object was expected`);
  }
  if (hasLoneSurrogate(text)) throw new Unreadable('lone_surrogate', 'an escape stands for half of a surrogate pair');
  const members = membersOf(text);
  if (!members.ok) throw new Unreadable('duplicate_field', `${quote(members.duplicate)} occurs twice`);
  return members.raw;
}

function fieldToken(raw: Map<string, string>, name: string): string {
  const token = raw.get(name);
  if (token === undefined) throw new Unreadable('missing_field', `${name} is missing`);
  return token;
}

function oidField(raw: Map<string, string>, name: string): Oid {
  const token = fieldToken(raw, name);
  const isText = token.startsWith('"');
  const text = isText ? (JSON.parse(token) as string) : token;
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  if (reading.because === 'out_of_range') {
    throw new Unreadable('out_of_range', `${name} is ${shorten(text)}; a signed 64-bit integer was expected`);
  }
  throw new Unreadable(
    'wrong_type',
    `${name} is ${shorten(token)}; an integer or its canonical decimal text was expected`,
  );
}

function timeField(raw: Map<string, string>): Instant {
  const name = 'timestamp_detected';
  const token = fieldToken(raw, name);
  if (!INTEGER.test(token) || token === '-0') {
    throw new Unreadable(
      'wrong_type',
      `${name} is ${shorten(token)}; an integer of milliseconds since 1970 was expected`,
    );
  }
  const ms = Number(token);
  if (ms < 0 || ms > LAST_INSTANT) {
    throw new Unreadable('out_of_range', `${name} is ${shorten(token)}; 0 to ${LAST_INSTANT} was expected`);
  }
  return ms as Instant;
}

function itemField(raw: Map<string, string>): string {
  const token = fieldToken(raw, 'item_name');
  if (!token.startsWith('"')) throw new Unreadable('wrong_type', `item_name is ${shorten(token)}; a text was expected`);
  const item = JSON.parse(token) as string;
  const length = item.length <= GREATEST_ITEM_CODE_POINTS ? item.length : codePoints(item);
  if (length < 1 || length > GREATEST_ITEM_CODE_POINTS) {
    throw new Unreadable('item_name_length', `item_name has ${length} code points; 1 to 5000 were expected`);
  }
  return item;
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}

function describe(parsed: unknown): string {
  if (parsed === null) return 'null';
  return Array.isArray(parsed) ? 'an array' : `a ${typeof parsed}`;
}

function shorten(token: string): string {
  return token.length <= 60 ? token : `${token.slice(0, 57)}…`;
}

function quote(name: string): string {
  return JSON.stringify(shorten(name));
}
