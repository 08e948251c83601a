/**
 * Hours of the batch view, remembered for as long as there is room: what is published never changes (law L9).
 *
 * An hour is known up to an epoch. When the horizon has moved since, the rows of the epochs after it are read and
 * added, so an hour is read once and each epoch of it once. Sheets keep their epochs: a question on an earlier snapshot
 * leaves out what it must not count. Rows are read in pieces and packed piece by piece, so that what they take while
 * they are decoded does not grow with the window.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { HourLevel, HourRow, Hours } from '../../core/stores/views/count-view.ts';
import type { Budget } from './budget.ts';
import type { Names } from './names.ts';
import type { Sheet } from './sheet.ts';
import { inTurn } from './keyed-lock.ts';
import { FoldedSheet, PackedSheet } from './sheet.ts';

export interface BatchHours {
  /** Of all epochs up to the horizon, and perhaps of later ones. */
  sheets(scope: Scope, level: HourLevel, horizon: Epoch, hours: Hours, limits?: ReadLimits): Promise<Sheet[]>;
  /**
   * Sums of whole hours by name, out of their sheets; remembered too where the cells are many. Later names are beyond
   * its end.
   */
  sums(scope: Scope, level: HourLevel, horizon: Epoch, hours: Hours, sheets: readonly Sheet[]): Float64Array;
}

interface KnownHour {
  readonly upTo: number;
  readonly sheets: readonly PackedSheet[];
}

/** A longer window is read anew each time: more hours than these are no view that somebody watches. */
const MOST_HOURS = 1_008;
/** Hours of the first piece, a week and more; of the next ones as many as hold about so many cells. */
const PIECE_HOURS = 192;
const PIECE_CELLS = 50_000;
/** A year nearly: years without a count are soon behind, and one that is full is within what a question may read. */
const MOST_PIECE_HOURS = 8_192;
const NOTHING: KnownHour = { upTo: -1, sheets: [] };
const EMPTY_BYTES = 200;

/** Whether hours are too many to be remembered. */
export const isLong = ({ from, to }: Hours): boolean => to - from >= MOST_HOURS;

export function batchHours(view: Pick<BatchView, 'published'>, names: Names, budget: Budget): BatchHours {
  const known = new Map<string, KnownHour>();
  const turn = inTurn();
  const knownSums = new Map<string, Float64Array>();
  return {
    sums(scope, level, horizon, { from, to }, sheets) {
      const key = `sums ${level} ${scope} ${horizon} ${from} ${to}`;
      const before = knownSums.get(key);
      if (before) {
        budget.used(key);
        return before;
      }
      const sums = summed(sheets, horizon, names.list.length);
      if (sheets.reduce((cells, { subjects }) => cells + subjects.length, 0) > sums.length) {
        knownSums.set(key, sums);
        budget.holds(key, sums.byteLength, () => knownSums.delete(key));
      }
      return sums;
    },
    async sheets(scope, level, horizon, hours, limits) {
      if (isLong(hours)) {
        const read = (piece: Hours) =>
          view.published(scope, level, piece, { after: NOTHING.upTo, upTo: horizon }, limits);
        return longSheets(hours, read, (rows) => sheetsOfLong(rows, level, horizon, hours, names));
      }
      const keyOf = (hour: number): string => `batch ${level} ${scope} ${hour}`;
      const hoursAsked = Array.from({ length: hours.to - hours.from + 1 }, (_, at) => hours.from + at);
      const ready = hoursAsked.map((hour) => known.get(keyOf(hour)) ?? NOTHING);
      // Nothing to read: not held up by a look on a later snapshot that is under way.
      if (ready.every(({ upTo }) => upTo >= horizon)) {
        for (const hour of hoursAsked) budget.used(keyOf(hour));
        return ready.flatMap(({ sheets }) => sheets);
      }
      return turn(`${level} ${scope}`, async () => {
        limits?.signal?.throwIfAborted();
        const found = new Map<number, KnownHour>();
        for (const hour of hoursAsked) found.set(hour, known.get(keyOf(hour)) ?? NOTHING);
        await Promise.all(
          runsOf(found, horizon).map(async ({ from, to, upTo }) => {
            const read = (piece: Hours) => view.published(scope, level, piece, { after: upTo, upTo: horizon }, limits);
            for await (const { piece, rows } of pieces({ from, to }, read)) {
              for (let hour = piece.from; hour <= piece.to; hour++) {
                const more = rows.filter((row) => row.hour === hour).map((row) => new PackedSheet(row, level, names));
                found.set(hour, { upTo: horizon, sheets: [...found.get(hour)!.sheets, ...more] });
              }
            }
          }),
        );
        for (const [hour, knownHour] of found) {
          const key = keyOf(hour);
          if (known.get(key) === knownHour) budget.used(key);
          else {
            known.set(key, knownHour);
            budget.holds(
              key,
              knownHour.sheets.reduce((sum, { bytes }) => sum + bytes, EMPTY_BYTES),
              () => known.delete(key),
            );
          }
        }
        return [...found.values()].flatMap(({ sheets }) => sheets);
      });
    },
  };
}

/** Reads hours one piece after the other. */
async function* pieces(
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

async function longSheets(
  hours: Hours,
  read: (piece: Hours) => Promise<HourRow[]>,
  pack: (rows: readonly HourRow[]) => Sheet[],
): Promise<Sheet[]> {
  const sheets: Sheet[] = [];
  for await (const { rows } of pieces(hours, read)) sheets.push(...pack(rows));
  return sheets;
}

/** Of the hours within a long window only sums are asked for, but for its edges and for timelines. */
function sheetsOfLong(
  rows: readonly HourRow[],
  level: HourLevel,
  horizon: Epoch,
  { from, to }: Hours,
  names: Names,
): Sheet[] {
  const isWithin = ({ hour }: HourRow): boolean => level !== 'minute' && hour > from && hour < to;
  const within = rows.filter(isWithin);
  const sheets: Sheet[] = rows.filter((row) => !isWithin(row)).map((row) => new PackedSheet(row, level, names));
  const [first] = within;
  return first ? [...sheets, new FoldedSheet(within, level, { hour: first.hour, epoch: horizon }, names)] : sheets;
}

function summed(sheets: readonly Sheet[], horizon: number, size: number): Float64Array {
  const into = new Float64Array(size);
  for (const { epoch, subjects, sums } of sheets) {
    if (epoch > horizon) continue;
    for (let cell = 0; cell < subjects.length; cell++) into[subjects[cell]!]! += sums[cell]!;
  }
  return into;
}

/** Neighbouring hours that are known up to the same epoch before the horizon: one read each. */
function runsOf(hours: ReadonlyMap<number, KnownHour>, horizon: number): (Hours & { upTo: number })[] {
  const runs: { from: number; to: number; upTo: number }[] = [];
  for (const [hour, { upTo }] of hours) {
    if (upTo >= horizon) continue;
    const last = runs.at(-1);
    if (last && last.to === hour - 1 && last.upTo === upTo) last.to = hour;
    else runs.push({ from: hour, to: hour, upTo });
  }
  return runs;
}
