/**
 * Every row key and every cell of HBase, and nothing else: the one owner of these bytes.
 *
 * The stores in core/stores turn domain values into bytes here, and bytes into domain values. Numbers are big-endian
 * and ordered (bytes.ts); u1, u2, u4, u8 are unsigned of that many bytes, oid is 8 bytes with the sign bit turned,
 * varint is LEB128 (varint.ts).
 *
 *   detections   row  = salt:u1 id:oid                              salt = bits 8 … 15 of murmur2(id)
 *                d:r  = logLife:u4 partition:u4 offset:u8 arrival:u8 location:oid camera:oid detectedAt:u8 item:utf8
 *                       cell timestamp = arrival; the family is d<generation> where a generation's rows stand apart
 *                       (d2:r); item = ff: the detection was forgotten, and only the record is known
 *                e.g. id 17 met at partition 3, offset 99: <salt> 80 00 00 00 00 00 00 11 → 00 00 00 01 00 00 00 03 …
 *   speed_view   row  = salt:u1 generation:u4 epoch:u4 kind:u1 hour:u4 partition:u2
 *   batch_view   row  = salt:u1 generation:u4 kind:u1 hour:u4 epoch:u4
 *                       kind 1 = the places of one group, salt = the group: bits 8 … 11 of murmur2(location)
 *                       kind 0 = all places, salt = partition & 15 (speed view), hour & 15 (batch view)
 *   both views   i:   [location:oid] item → counts    an item; with its place in the rows of groups
 *                p:   location:oid        → counts    a place        (rows of all places only)
 *                t:   00                  → counts    everything     (rows of all places only)
 *                d:   rest:u2 first:u8    → (ms:u2 location:oid id:oid) …    detections of one second, in the rows of groups:
 *                       rest = 3,599 − second of the hour, so the newest second is first; first = the first offset of
 *                       the batch that wrote it (speed view), a running number (batch view)
 *                item   = 00 utf8 (up to 64 bytes), or 01 sha256[0..15] with the name behind the counts
 *                counts = n:u1 (minute:u1 count:varint) × n          7 in minute 3 and 300 in minute 4: 02 03 07 04 ac 02
 *                cell timestamp = last offset included (speed), epoch number (batch)
 *   locations    row  = salt:u1 oid      l:n = name:utf8            cell timestamp = version of the table
 *   control      row  = text             c:v = JSON                 core/stores/control/control.ts names the rows and their timestamps
 */
import { createHash } from 'node:crypto';
import type { FirstMet } from '../domain/first-met.ts';
import type { Group, HourCell, HourCellName, HourKind, HourRowName, MinuteCounts } from '../domain/hour-counts.ts';
import type { Oid } from '../domain/oid.ts';
import type { Rules } from '../domain/rules.ts';
import type { Instant } from '../domain/time.ts';
import { epoch } from '../domain/epoch.ts';
import { murmur2 } from '../domain/home.ts';
import { PLACE_GROUPS } from '../domain/hour-counts.ts';
import { HOUR_MS, SECOND_MS } from '../domain/time.ts';
import { putOid, putU64, readOidAt, readU64 } from './bytes.ts';
import { readVarint, varintBytes, writeVarint } from './varint.ts';

export const VIEW_SALTS = PLACE_GROUPS;
/** First-met rows of the generations that share theirs. */
export const DETECTION_FAMILY = 'd';
export const DETECTION_QUALIFIER = Buffer.from('r');
export const LOCATION_FAMILY = 'l';
export const LOCATION_QUALIFIER = Buffer.from('n');
export const CONTROL_FAMILY = 'c';
export const CONTROL_QUALIFIER = Buffer.from('v');
export const LIST_FAMILY = 'd';
const FAMILY_OF_KIND: Readonly<Record<HourKind, string>> = {
  place_item: 'i',
  item: 'i',
  place: 'p',
  total: 't',
};
export const COUNT_FAMILIES: readonly string[] = [...new Set(Object.values(FAMILY_OF_KIND))];

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

/** The family of `detections` in which a generation's first-met rows stand. */
export function detectionFamily(rules: Pick<Rules, 'generation' | 'ownFirstMet'>): string {
  // mutation: first-met-family
  return rules.ownFirstMet ? `${DETECTION_FAMILY}${rules.generation}` : DETECTION_FAMILY;
}

const FIXED_BYTES = 48;
/** No text in UTF-8 begins with it. */
const FORGOTTEN = 0xff;

/** The row of a detection that was forgotten: it names its record, so that copies do not count, and nothing else. */
export const isForgotten = ({ detection }: FirstMet): boolean => detection.item === '';

export function encodeFirstMet(met: FirstMet): Buffer {
  const { location, camera, item, detectedAt } = met.detection;
  const itemBytes = item === '' ? 1 : Buffer.byteLength(item);
  const value = Buffer.allocUnsafe(FIXED_BYTES + itemBytes);
  value.writeUInt32BE(met.logLife, 0);
  value.writeUInt32BE(met.partition, 4);
  putU64(value, met.offset, 8);
  putU64(value, met.arrival, 16);
  putOid(value, location, 24);
  putOid(value, camera, 32);
  putU64(value, detectedAt, 40);
  if (item === '') value[FIXED_BYTES] = FORGOTTEN;
  else value.write(item, FIXED_BYTES);
  return value;
}

export function decodeFirstMet(id: Oid, value: Buffer): FirstMet {
  if (value.length <= FIXED_BYTES)
    throw new RangeError(
      `the row of detection ${id} has ${value.length} bytes; more than ${FIXED_BYTES} were expected`,
    );
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
      item: value[FIXED_BYTES] === FORGOTTEN ? '' : value.toString('utf8', FIXED_BYTES),
    },
  };
}

// ---- rows of the views --------------------------------------------------------------------------------------------

const ALL_PLACES = 0;
const PLACES_OF_A_GROUP = 1;

export function speedRow(generation: number, { group, epoch: e, hour }: HourRowName, partition: number): Buffer {
  const row = Buffer.allocUnsafe(16);
  row[0] = group === 'all' ? partition & (VIEW_SALTS - 1) : group;
  row.writeUInt32BE(generation, 1);
  row.writeUInt32BE(e, 5);
  row[9] = group === 'all' ? ALL_PLACES : PLACES_OF_A_GROUP;
  row.writeUInt32BE(hour, 10);
  row.writeUInt16BE(partition, 14);
  return row;
}

export function decodeSpeedRow(row: Buffer): HourRowName & { generation: number; partition: number } {
  return {
    generation: row.readUInt32BE(1),
    epoch: epoch(row.readUInt32BE(5)),
    group: row[9] === ALL_PLACES ? 'all' : row[0]!,
    hour: row.readUInt32BE(10),
    partition: row.readUInt16BE(14),
  };
}

export function batchRow(generation: number, { group, hour, epoch: e }: HourRowName): Buffer {
  const row = Buffer.allocUnsafe(14);
  row[0] = group === 'all' ? hour & (VIEW_SALTS - 1) : group;
  row.writeUInt32BE(generation, 1);
  row[5] = group === 'all' ? ALL_PLACES : PLACES_OF_A_GROUP;
  row.writeUInt32BE(hour, 6);
  row.writeUInt32BE(e, 10);
  return row;
}

export function decodeBatchRow(row: Buffer): HourRowName & { generation: number } {
  return {
    generation: row.readUInt32BE(1),
    group: row[5] === ALL_PLACES ? 'all' : row[0]!,
    hour: row.readUInt32BE(6),
    epoch: epoch(row.readUInt32BE(10)),
  };
}

// ---- cells of the views -------------------------------------------------------------------------------------------

const SHORT_ITEM_BYTES = 64;

export interface EncodedCell {
  readonly family: string;
  readonly qualifier: Buffer;
  readonly timestamp: number;
  readonly value: Buffer;
}

export function encodeHourCell(cell: HourCell): EncodedCell {
  const { item, minutes } = cell;
  const itemBytes = item === '' ? 0 : Buffer.byteLength(item);
  // A cell that has lost its last count (batch-layer/changes/recount.ts) does not keep a long name.
  const named = itemBytes > SHORT_ITEM_BYTES && minutes.length > 0 ? itemBytes : 0;
  let size = 1 + named;
  for (let at = 0; at < minutes.length; at += 2) size += 1 + varintBytes(minutes[at + 1]!);
  const value = Buffer.allocUnsafe(size);
  value[0] = minutes.length / 2;
  let to = 1;
  for (let at = 0; at < minutes.length; at += 2) {
    value[to] = minutes[at]!;
    to = writeVarint(value, to + 1, minutes[at + 1]!);
  }
  if (named > 0) value.write(item, to);
  return { family: FAMILY_OF_KIND[cell.kind], qualifier: hourQualifier(cell, itemBytes), timestamp: cell.upTo, value };
}

function hourQualifier({ kind, location, item }: HourCellName, itemBytes: number): Buffer {
  if (kind === 'total') return Buffer.from([0]);
  const placeBytes = location === '' ? 0 : 8;
  const isLong = itemBytes > SHORT_ITEM_BYTES;
  const qualifier = Buffer.allocUnsafe(placeBytes + (item === '' ? 0 : 1 + (isLong ? 16 : itemBytes)));
  if (location !== '') putOid(qualifier, location, 0);
  if (item === '') return qualifier;
  qualifier[placeBytes] = isLong ? 1 : 0;
  if (isLong)
    createHash('sha256')
      .update(item)
      .digest()
      .copy(qualifier, placeBytes + 1, 0, 16);
  else qualifier.write(item, placeBytes + 1);
  return qualifier;
}

/** `group`: of the row that the cell stands in. */
export function decodeHourCell(group: Group, { family, qualifier, value, timestamp: upTo }: EncodedCell): HourCell {
  const minutes: MinuteCounts = [];
  let at = 1;
  for (let left = readVarint(value, 0); left > 0; left--) {
    const count = readVarint(value, at + 1);
    minutes.push(value[at]!, count);
    at += 1 + varintBytes(count);
  }
  if (family === 't') return { kind: 'total', location: '', item: '', minutes, upTo };
  if (family === 'p') return { kind: 'place', location: readOidAt(qualifier, 0), item: '', minutes, upTo };
  if (family !== 'i') throw new RangeError(`family ${family} holds no counts`);
  const mark = group === 'all' ? 0 : 8;
  const item = qualifier[mark] === 0 ? qualifier.toString('utf8', mark + 1) : value.toString('utf8', at);
  if (mark === 0) return { kind: 'item', location: '', item, minutes, upTo };
  return { kind: 'place_item', location: readOidAt(qualifier, 0), item, minutes, upTo };
}

/** Half-open range of qualifiers: the cells of one place, in a row of its group or in that of all places. */
export function columnsOfPlace(location: Oid): { from: Buffer; to: Buffer } {
  const from = Buffer.allocUnsafe(8);
  putOid(from, location, 0);
  return { from, to: Buffer.concat([from, Buffer.from([0xff])]) };
}

// ---- the list of detections ---------------------------------------------------------------------------------------

const ENTRY_BYTES = 18;
const LAST_SECOND = 3_599;

export interface ListEntry {
  readonly id: Oid;
  readonly location: Oid;
  readonly detectedAt: Instant;
}

/** `second`: of the hour; all entries must lie within it. `first` tells cells of one second apart. */
export function encodeList(
  second: number,
  first: number,
  timestamp: number,
  entries: readonly ListEntry[],
): EncodedCell {
  const qualifier = Buffer.allocUnsafe(10);
  qualifier.writeUInt16BE(LAST_SECOND - second, 0);
  putU64(qualifier, first, 2);
  return { family: LIST_FAMILY, qualifier, timestamp, value: encodeListValue(entries) };
}

export function encodeListValue(entries: readonly ListEntry[]): Buffer {
  const value = Buffer.allocUnsafe(entries.length * ENTRY_BYTES);
  let at = 0;
  for (const { id, location, detectedAt } of entries) {
    at = value.writeUInt16BE(detectedAt % SECOND_MS, at);
    at = putOid(value, id, putOid(value, location, at));
  }
  return value;
}

export function decodeList(hour: number, { qualifier, value }: Pick<EncodedCell, 'qualifier' | 'value'>): ListEntry[] {
  if (value.length % ENTRY_BYTES !== 0)
    throw new RangeError(`a list of ${value.length} bytes; a multiple of ${ENTRY_BYTES} was expected`);
  const startMs = hour * HOUR_MS + (LAST_SECOND - qualifier.readUInt16BE(0)) * SECOND_MS;
  const entries: ListEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= value.length; at += ENTRY_BYTES) {
    const detectedAt = (startMs + value.readUInt16BE(at)) as Instant;
    entries.push({ id: readOidAt(value, at + 10), location: readOidAt(value, at + 2), detectedAt });
  }
  return entries;
}

/** Half-open range of qualifiers: the seconds from … to of the hour, both included. */
export function columnsOfSeconds(from: number, to: number): { from: Buffer; to: Buffer } {
  const bound = (rest: number): Buffer => Buffer.from([rest >>> 8, rest & 0xff]);
  return { from: bound(LAST_SECOND - to), to: bound(LAST_SECOND - from + 1) };
}
