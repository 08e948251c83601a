/**
 * Caches hours of the batch view: a published epoch never changes (law L9).
 *
 * A cached hour is complete up to an epoch. After the horizon has moved, only the rows of later epochs are read and
 * added, so each epoch of an hour is read once. Sheets keep their epoch, so that a question on an earlier snapshot can
 * leave out later epochs. Rows are read and packed in pieces, so that decoding takes the same memory for any window.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchView, PublishedReading } from '../../core/stores/views/batch-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { HourLevel, HourRow, Hours } from '../../core/stores/views/count-view.ts';
import type { Budget } from './budget.ts';
import type { Names } from './names.ts';
import type { Sheet } from './sheet.ts';
import { keyedLock } from './keyed-lock.ts';
import { FoldedSheet, PackedSheet } from './sheet.ts';

/** Whole hours of one level, of all epochs up to the horizon. */
export interface BatchLook {
  readonly scope: Scope;
  readonly level: HourLevel;
  readonly horizon: Epoch;
  readonly hours: Hours;
}

export interface BatchHours {
  /** The sheets of all epochs up to the horizon; later epochs may be among them. */
  sheets(look: BatchLook, limits?: ReadLimits): Promise<Sheet[]>;
  /**
   * Sums of whole hours by name, from their sheets; cached if there are many cells. A name that is added later has an
   * index beyond the end.
   */
  sums(look: BatchLook, sheets: readonly Sheet[]): Float64Array;
}

interface KnownHour {
  readonly upTo: number;
  readonly sheets: readonly PackedSheet[];
}

/** A window with more hours is not cached: no dashboard shows one. */
const MOST_HOURS = 1_008;
/** Hours of the first piece, more than a week; a later piece has as many hours as hold about PIECE_CELLS cells. */
const PIECE_HOURS = 192;
const PIECE_CELLS = 50_000;
/** Almost a year: years without counts pass quickly, and a full year stays within the limit of a question. */
const MOST_PIECE_HOURS = 8_192;
const NOTHING: KnownHour = { upTo: -1, sheets: [] };
const EMPTY_BYTES = 200;

/** Whether there are too many hours to cache. */
export const isLong = ({ from, to }: Hours): boolean => to - from >= MOST_HOURS;

export function batchHours(view: Pick<BatchView, 'published'>, names: Names, budget: Budget): BatchHours {
  const known = new Map<string, KnownHour>();
  const knownSums = new Map<string, Float64Array>();
  const withLock = keyedLock();

  const readMissing = async (look: BatchLook, limits: ReadLimits | undefined): Promise<Sheet[]> => {
    limits?.signal?.throwIfAborted();
    const hoursRead = new Map<number, KnownHour>();
    for (const hour of hoursIn(look)) hoursRead.set(hour, known.get(keyOf(look, hour)) ?? NOTHING);
    await addMissing(hoursRead, look, names, (reading) => view.published(reading, limits));
    for (const [hour, knownHour] of hoursRead) remember(keyOf(look, hour), knownHour);
    return [...hoursRead.values()].flatMap(({ sheets }) => sheets);
  };
  const remember = (key: string, hour: KnownHour): void => {
    if (known.get(key) === hour) return budget.touch(key);
    known.set(key, hour);
    const bytes = hour.sheets.reduce((sum, sheet) => sum + sheet.bytes, EMPTY_BYTES);
    budget.add(key, bytes, () => known.delete(key));
  };
  return {
    sums({ scope, level, horizon, hours: { from, to } }, sheets) {
      const key = `sums ${level} ${scope} ${horizon} ${from} ${to}`;
      const knownSum = knownSums.get(key);
      if (knownSum) {
        budget.touch(key);
        return knownSum;
      }
      const sums = addUpSheets(sheets, horizon, names.list.length);
      if (sheets.reduce((cells, { subjects }) => cells + subjects.length, 0) > sums.length) {
        knownSums.set(key, sums);
        budget.add(key, sums.byteLength, () => knownSums.delete(key));
      }
      return sums;
    },
    async sheets(look, limits) {
      const { scope, level, horizon, hours } = look;
      if (isLong(hours)) {
        const read = (piece: Hours) =>
          view.published({ scope, level, hours: piece, epochs: { after: NOTHING.upTo, upTo: horizon } }, limits);
        return readLongSheets(hours, read, (rows) => sheetsOfLong(rows, look, names));
      }
      const knownHours = hoursIn(look).map((hour) => known.get(keyOf(look, hour)) ?? NOTHING);
      // Everything is cached, so this question does not wait for a running read of a later snapshot.
      if (knownHours.every(({ upTo }) => upTo >= horizon)) {
        for (const hour of hoursIn(look)) budget.touch(keyOf(look, hour));
        return knownHours.flatMap(({ sheets }) => sheets);
      }
      return withLock(`${level} ${scope}`, () => readMissing(look, limits));
    },
  };
}

/** Reads the epochs that hours lack up to the horizon, and adds their sheets to the hours. */
async function addMissing(
  hours: Map<number, KnownHour>,
  { scope, level, horizon }: BatchLook,
  names: Names,
  published: (reading: PublishedReading) => Promise<HourRow[]>,
): Promise<void> {
  const addSpan = async ({ from, to, upTo }: Hours & { upTo: number }): Promise<void> => {
    const read = (piece: Hours) => published({ scope, level, hours: piece, epochs: { after: upTo, upTo: horizon } });
    for await (const { piece, rows } of readInPieces({ from, to }, read)) {
      for (let hour = piece.from; hour <= piece.to; hour++) {
        const more = rows.filter((row) => row.hour === hour).map((row) => new PackedSheet(row, level, names));
        hours.set(hour, { upTo: horizon, sheets: [...hours.get(hour)!.sheets, ...more] });
      }
    }
  };
  await Promise.all(missingSpans(hours, horizon).map(addSpan));
}

function keyOf({ scope, level }: BatchLook, hour: number): string {
  return `batch ${level} ${scope} ${hour}`;
}

function hoursIn({ hours: { from, to } }: BatchLook): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Reads the hours piece by piece. */
async function* readInPieces(
  hours: Hours,
  read: (piece: Hours) => Promise<HourRow[]>,
): AsyncGenerator<{ piece: Hours; rows: HourRow[] }> {
  let length = PIECE_HOURS;
  for (let { from } = hours; from <= hours.to;) {
    const piece = { from, to: Math.min(hours.to, from + length - 1) };
    const rows = await read(piece);
    yield { piece, rows };
    const cells = rows.reduce((sum, row) => sum + row.cells.length, 0);
    length = Math.min(
      MOST_PIECE_HOURS,
      2 * length,
      Math.max(1, Math.floor((length * PIECE_CELLS) / Math.max(1, cells))),
    );
    from = piece.to + 1;
  }
}

async function readLongSheets(
  hours: Hours,
  read: (piece: Hours) => Promise<HourRow[]>,
  pack: (rows: readonly HourRow[]) => Sheet[],
): Promise<Sheet[]> {
  const sheets: Sheet[] = [];
  for await (const { rows } of readInPieces(hours, read)) sheets.push(...pack(rows));
  return sheets;
}

/** For the inner hours of a long window questions need only sums; edges and timelines need minutes. */
function sheetsOfLong(
  rows: readonly HourRow[],
  { level, horizon, hours: { from, to } }: BatchLook,
  names: Names,
): Sheet[] {
  const isWithin = ({ hour }: HourRow): boolean => level !== 'minute' && hour > from && hour < to;
  const within = rows.filter(isWithin);
  const sheets: Sheet[] = rows.filter((row) => !isWithin(row)).map((row) => new PackedSheet(row, level, names));
  const [first] = within;
  return first ? [...sheets, new FoldedSheet(within, level, { hour: first.hour, epoch: horizon }, names)] : sheets;
}

function addUpSheets(sheets: readonly Sheet[], horizon: number, size: number): Float64Array {
  const into = new Float64Array(size);
  for (const { epoch, subjects, sums } of sheets) {
    if (epoch > horizon) continue;
    for (let cell = 0; cell < subjects.length; cell++) into[subjects[cell]!]! += sums[cell]!;
  }
  return into;
}

/** Adjacent hours that are cached up to the same epoch before the horizon; each span is one read. */
function missingSpans(hours: ReadonlyMap<number, KnownHour>, horizon: number): (Hours & { upTo: number })[] {
  const spans: { from: number; to: number; upTo: number }[] = [];
  for (const [hour, { upTo }] of hours) {
    // mutation: known-hour
    if (upTo >= horizon) continue;
    const last = spans.at(-1);
    if (last && last.to === hour - 1 && last.upTo === upTo) last.to = hour;
    else spans.push({ from: hour, to: hour, upTo });
  }
  return spans;
}
