/**
 * Every row key and every cell of HBase, and nothing else: the one owner of these bytes.
 *
 * The stores in core/stores hand it domain values and get bytes, and the other way round. Numbers are big-endian and ordered
 * (bytes.ts); u1, u2, u4, u8 are unsigned of that many bytes, oid is 8 bytes with the sign bit turned.
 *
 *   detections   row  = salt:u1 id:oid                              salt = bits 8 … 15 of murmur2(id)
 *                d:r  = logLife:u4 partition:u4 offset:u8 arrival:u8 location:oid camera:oid detectedAt:u8 item:utf8
 *                       cell timestamp = arrival
 *                e.g. id 17 met at partition 3, offset 99: <salt> 80 00 00 00 00 00 00 11 → 00 00 00 01 00 00 00 03 …
 *   speed_view   row  = salt:u1 generation:u4 epoch:u4 kind:u1 location:oid hour:u4 partition:u2
 *                       kind 0 = all places (location bytes zero, salt = partition & 15), kind 1 = a place
 *                       (salt = murmur2(location) >>> 8 & 15). Epoch before place: comparing and pruning go by epoch.
 *   batch_view   row  = salt:u1 generation:u4 kind:u1 location:oid hour:u4 epoch:u4
 *                       salt of all places = hour & 15. Place before epoch: a window is one range whatever the epochs.
 *   both views   m:   minute:u1 subject → count     h: subject → count      subject = an item
 *                t:   minute:u1         → count
 *                p:   minute:u1 oid     → count     q: oid     → count      (rows of all places only)
 *                d:   restMs:u4 oid     → (empty)   the list of detections, newest first: restMs = 3,599,999 − ms in hour
 *                subject = 00 utf8 (up to 64 bytes) → count:u8    or 01 sha256[0..15] → count:u8 utf8
 *                cell timestamp = last offset included (speed), epoch number (batch)
 *   locations    row  = salt:u1 oid      l:n = name:utf8            cell timestamp = version of the table
 *   control      row  = text             c:v = JSON                 stores/control.ts names the rows and their timestamps
 */
import { createHash } from 'node:crypto';
import type { CellName, CountCell, CountRowName, Level, Scope } from '../domain/counts.ts';
import type { FirstMet } from '../domain/first-met.ts';
import type { Oid } from '../domain/oid.ts';
import type { Instant } from '../domain/time.ts';
import { epoch } from '../domain/epoch.ts';
import { murmur2 } from '../domain/home.ts';
import { HOUR_MS } from '../domain/time.ts';
import { putOid, putU64, readOidAt, readU64 } from './bytes.ts';

export const VIEW_SALTS = 16;
export const DETECTION_FAMILY = 'd';
export const DETECTION_QUALIFIER = Buffer.from('r');
export const LOCATION_FAMILY = 'l';
export const LOCATION_QUALIFIER = Buffer.from('n');
export const CONTROL_FAMILY = 'c';
export const CONTROL_QUALIFIER = Buffer.from('v');
export const LIST_FAMILY = 'd';
export const FAMILY_OF_LEVEL: Readonly<Record<Level, string>> = {
  minute_item: 'm',
  hour_item: 'h',
  minute: 't',
  minute_place: 'p',
  hour_place: 'q',
};
const LEVEL_OF_FAMILY = new Map(Object.entries(FAMILY_OF_LEVEL).map(([level, family]) => [family, level as Level]));

// ---- detections and locations -------------------------------------------------------------------------------------

/** Row of an id in `detections` and in `locations`. */
export function saltedOid(id: Oid): Buffer {
  const row = Buffer.allocUnsafe(9);
  row[0] = (murmur2(id) >>> 8) & 0xff;
  putOid(row, id, 1);
  return row;
}

export function oidOfRow(row: Buffer): Oid {
  return readOidAt(row, 1);
}

const FIXED_BYTES = 48;

export function encodeFirstMet(met: FirstMet): Buffer {
  const { location, camera, item, detectedAt } = met.detection;
  const itemBytes = Buffer.byteLength(item);
  const value = Buffer.allocUnsafe(FIXED_BYTES + itemBytes);
  value.writeUInt32BE(met.logLife, 0);
  value.writeUInt32BE(met.partition, 4);
  putU64(value, met.offset, 8);
  putU64(value, met.arrival, 16);
  putOid(value, location, 24);
  putOid(value, camera, 32);
  putU64(value, detectedAt, 40);
  value.write(item, FIXED_BYTES);
  return value;
}

export function decodeFirstMet(id: Oid, value: Buffer): FirstMet {
  if (value.length <= FIXED_BYTES) throw new RangeError(`the row of detection ${id} holds ${value.length} bytes, too few`);
  return {
    logLife: value.readUInt32BE(0),
    partition: value.readUInt32BE(4),
    offset: readU64(value, 8),
    arrival: readU64(value, 16) as Instant,
    detection: {
      id,
      location: readOidAt(value, 24),
      camera: readOidAt(value, 32),
      detectedAt: readU64(value, 40) as Instant,
      item: value.toString('utf8', FIXED_BYTES),
    },
  };
}

// ---- rows of the views --------------------------------------------------------------------------------------------

const ALL_PLACES = 0;
const ONE_PLACE = 1;

function placeSalt(location: Oid): number {
  return (murmur2(location) >>> 8) & (VIEW_SALTS - 1);
}

/** Writes kind and location (9 bytes) at `at`; returns the index after them. */
function putScope(into: Buffer, scope: Scope, at: number): number {
  into[at] = scope === 'all' ? ALL_PLACES : ONE_PLACE;
  if (scope !== 'all') return putOid(into, scope, at + 1);
  into.fill(0, at + 1, at + 9);
  return at + 9;
}

function readScope(from: Buffer, at: number): Scope {
  return from[at] === ALL_PLACES ? 'all' : readOidAt(from, at + 1);
}

export function speedRow(generation: number, name: CountRowName, partition: number): Buffer {
  const row = Buffer.allocUnsafe(24);
  row[0] = name.scope === 'all' ? partition & (VIEW_SALTS - 1) : placeSalt(name.scope);
  row.writeUInt32BE(generation, 1);
  row.writeUInt32BE(name.epoch, 5);
  const at = putScope(row, name.scope, 9);
  row.writeUInt32BE(name.hour, at);
  row.writeUInt16BE(partition, at + 4);
  return row;
}

export function decodeSpeedRow(row: Buffer): CountRowName & { generation: number; partition: number } {
  return {
    generation: row.readUInt32BE(1),
    epoch: epoch(row.readUInt32BE(5)),
    scope: readScope(row, 9),
    hour: row.readUInt32BE(18),
    partition: row.readUInt16BE(22),
  };
}

export function batchRow(generation: number, name: CountRowName): Buffer {
  const row = Buffer.allocUnsafe(22);
  row[0] = name.scope === 'all' ? name.hour & (VIEW_SALTS - 1) : placeSalt(name.scope);
  row.writeUInt32BE(generation, 1);
  const at = putScope(row, name.scope, 5);
  row.writeUInt32BE(name.hour, at);
  row.writeUInt32BE(name.epoch, at + 4);
  return row;
}

export function decodeBatchRow(row: Buffer): CountRowName & { generation: number } {
  return {
    generation: row.readUInt32BE(1),
    scope: readScope(row, 5),
    hour: row.readUInt32BE(14),
    epoch: epoch(row.readUInt32BE(18)),
  };
}

/** Half-open range of row keys. */
export interface RowRange {
  readonly start: Buffer;
  readonly stop: Buffer;
}

/** Rows of one scope and epoch for the hours fromHour … toHour (both included), in as many ranges as they have salts. */
export function speedRanges(
  generation: number,
  scope: Scope,
  e: CountRowName['epoch'],
  hours: { from: number; to: number },
  partitionCount: number,
): RowRange[] {
  const first = speedRow(generation, { scope, epoch: e, hour: hours.from }, 0);
  const last = speedRow(generation, { scope, epoch: e, hour: hours.to + 1 }, 0);
  if (scope !== 'all') return [{ start: first, stop: last }];
  return salts(Math.min(partitionCount, VIEW_SALTS)).map((salt) => salted(salt, first, last));
}

/** Every row of an epoch in the speed view. */
export function speedEpochRanges(generation: number, e: CountRowName['epoch']): RowRange[] {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(generation, 1);
  head.writeUInt32BE(e, 5);
  const after = Buffer.from(head);
  after.writeUInt32BE(e + 1, 5);
  return salts(VIEW_SALTS).map((salt) => salted(salt, head, after));
}

/** Every row of the epochs before `e` (the sweep of a prune). */
export function speedRangesBefore(generation: number, e: number): RowRange[] {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(generation, 1);
  const after = Buffer.from(head);
  after.writeUInt32BE(e, 5);
  return salts(VIEW_SALTS).map((salt) => salted(salt, head, after));
}

/** Rows of one scope for the hours fromHour … toHour (both included), of all epochs. */
export function batchRanges(generation: number, scope: Scope, hours: { from: number; to: number }): RowRange[] {
  const none = epoch(0);
  const first = batchRow(generation, { scope, hour: hours.from, epoch: none });
  const last = batchRow(generation, { scope, hour: hours.to + 1, epoch: none });
  if (scope !== 'all') return [{ start: first, stop: last }];
  const all = salts(Math.min(VIEW_SALTS, hours.to - hours.from + 1));
  return all.map((step) => salted((hours.from + step) & (VIEW_SALTS - 1), first, last));
}

function salts(count: number): number[] {
  return Array.from({ length: count }, (_, salt) => salt);
}

function salted(salt: number, start: Buffer, stop: Buffer): RowRange {
  const range = { start: Buffer.from(start), stop: Buffer.from(stop) };
  range.start[0] = salt;
  range.stop[0] = salt;
  return range;
}

// ---- cells of the views -------------------------------------------------------------------------------------------

const SHORT_SUBJECT_BYTES = 64;

export interface EncodedCell {
  readonly family: string;
  readonly qualifier: Buffer;
  readonly timestamp: number;
  readonly value: Buffer;
}

export function encodeCount(cell: CountCell): EncodedCell {
  const { level, subject } = cell;
  const long = isItemLevel(level) && Buffer.byteLength(subject) > SHORT_SUBJECT_BYTES;
  const value = Buffer.allocUnsafe(8);
  putU64(value, cell.count, 0);
  return {
    family: FAMILY_OF_LEVEL[level],
    qualifier: qualifierOf(cell, long),
    timestamp: cell.upTo,
    value: long ? Buffer.concat([value, Buffer.from(subject)]) : value,
  };
}

export function decodeCount(cell: { family: string; qualifier: Buffer; timestamp: number; value: Buffer }): CountCell {
  const level = LEVEL_OF_FAMILY.get(cell.family);
  if (!level) throw new RangeError(`family ${cell.family} holds no counts`);
  const { qualifier, value } = cell;
  const at = MINUTE_BYTES[level];
  const minute = at === 1 ? qualifier[0]! : 0;
  return { level, minute, subject: subjectOf(level, qualifier, at, value), count: readU64(value, 0), upTo: cell.timestamp };
}

const MINUTE_BYTES: Readonly<Record<Level, 0 | 1>> = { minute_item: 1, hour_item: 0, minute: 1, minute_place: 1, hour_place: 0 };

function subjectOf(level: Level, qualifier: Buffer, at: number, value: Buffer): string {
  if (level === 'minute') return '';
  if (!isItemLevel(level)) return readOidAt(qualifier, at);
  return qualifier[at] === 0 ? qualifier.toString('utf8', at + 1) : value.toString('utf8', 8);
}

function isItemLevel(level: Level): boolean {
  return level === 'minute_item' || level === 'hour_item';
}

function qualifierOf({ level, minute, subject }: CellName, long: boolean): Buffer {
  const minutes = level.startsWith('minute') ? [Buffer.from([minute])] : [];
  if (level === 'minute') return minutes[0]!;
  if (isItemLevel(level)) {
    const name = long ? createHash('sha256').update(subject).digest().subarray(0, 16) : Buffer.from(subject);
    return Buffer.concat([...minutes, Buffer.from([long ? 1 : 0]), name]);
  }
  const place = Buffer.allocUnsafe(8);
  putOid(place, subject as Oid, 0);
  return Buffer.concat([...minutes, place]);
}

/** Qualifier of a detection in the list of its place and hour: the newest sorts first. */
export function listQualifier(detectedAt: Instant, id: Oid): Buffer {
  const qualifier = Buffer.allocUnsafe(12);
  qualifier.writeUInt32BE(HOUR_MS - 1 - (detectedAt % HOUR_MS), 0);
  putOid(qualifier, id, 4);
  return qualifier;
}

/** Where in its hour's list the entries before `t` begin. */
export function listBehind(t: Instant): Buffer {
  const from = Buffer.allocUnsafe(4);
  from.writeUInt32BE(HOUR_MS - (t % HOUR_MS), 0);
  return from;
}

export function decodeListQualifier(hour: number, qualifier: Buffer): { detectedAt: Instant; id: Oid } {
  const restMs = qualifier.readUInt32BE(0);
  return { detectedAt: (hour * HOUR_MS + HOUR_MS - 1 - restMs) as Instant, id: readOidAt(qualifier, 4) };
}
