/**
 * Reading hour cells in the words of questions: shared by the speed view and the batch view.
 *
 * A reading names scope, levels, hours and, for the levels of a minute, the minutes of an hour; this file says which
 * rows and columns hold them, the stores turn that into ranges of their own row keys. Rows come whole and in batches,
 * so memory is bounded by the batch, not by the window.
 */
import type { CountCell, Level, Scope } from '../../domain/counts.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { Group, HourCell } from '../../domain/hour-counts.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Cell, HBaseClient, ScanOptions } from '../../hbase/types.ts';
import type { RowRange } from '../../layout/hbase-ranges.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { sumOf } from '../../domain/hour-counts.ts';
import { columnsOfPlace, decodeHourCell, LIST_FAMILY } from '../../layout/hbase.ts';
import { runTogether } from '../../process/together.ts';
import { askHBase } from '../rows/hbase-rows.ts';

/** What one row of a view has of a scope, in cells of the levels that were asked for. */
export interface CountRow {
  readonly scope: Scope;
  readonly hour: number;
  readonly epoch: Epoch;
  /** The speed view's rows have one, the batch view's are of all partitions together: −1. */
  readonly partition: number;
  readonly cells: readonly CountCell[];
}

/** The hour cells of one row of a view, as far as they were asked for. */
export interface HourRow {
  readonly hour: number;
  readonly epoch: Epoch;
  /** As in a CountRow. */
  readonly partition: number;
  readonly cells: readonly HourCell[];
}

/** What an hour cell of a scope counts, in the words of levels: each has its minutes, and their sum is the hour. */
export type HourLevel = Extract<Level, 'minute_item' | 'minute_place' | 'minute'>;

/** Hours since 1970, both included. */
export interface Hours {
  readonly from: number;
  readonly to: number;
}

/** Of the minutes of an hour: [from, to). Narrows the levels of a minute. */
export interface Minutes {
  readonly from: number;
  readonly to: number;
}

/** Where a level of a scope is kept. */
export interface LevelPlace {
  readonly scope: Scope;
  readonly families: string[];
  readonly columns: Pick<ScanOptions, 'columnRange'>;
}

/** The counts of a place's minutes are those of the place among all places, so no cell holds them twice. */
export function placeOfLevel(scope: Scope, level: Level): LevelPlace {
  const ofPlace = scope === 'all' ? {} : { columnRange: columnsOfPlace(scope) };
  if (level === 'minute') return { scope: 'all', families: [scope === 'all' ? 't' : 'p'], columns: ofPlace };
  if (level === 'minute_item' || level === 'hour_item') return { scope, families: ['i'], columns: ofPlace };
  if (scope !== 'all') throw new RangeError(`a place has no cells of the level ${level}`);
  return { scope, families: ['p'], columns: {} };
}

/** Hour cells as the cells of a level, in the minutes asked for. */
export function ofLevel(level: Level, cells: readonly HourCell[], minutes: Minutes = { from: 0, to: 60 }): CountCell[] {
  const made: CountCell[] = [];
  for (const cell of cells) {
    const subject =
      level === 'minute' ? '' : level === 'minute_item' || level === 'hour_item' ? cell.item : cell.location;
    if (level === 'hour_item' || level === 'hour_place') {
      made.push({ level, minute: 0, subject, count: sumOf(cell.minutes), upTo: cell.upTo });
      continue;
    }
    for (let at = 0; at < cell.minutes.length; at += 2) {
      const minute = cell.minutes[at]!;
      if (minute >= minutes.from && minute < minutes.to)
        made.push({ level, minute, subject, count: cell.minutes[at + 1]!, upTo: cell.upTo });
    }
  }
  return made;
}

/** Hour cells of a row; the list of detections is no count and is left out. */
export function hourCellsOf(group: Group, cells: readonly Cell[]): HourCell[] {
  return cells.filter(({ family }) => family !== LIST_FAMILY).map((cell) => decodeHourCell(group, cell));
}

/** Cells of a group's row by the place that they count. */
export function byPlace(cells: readonly HourCell[]): Map<Oid, HourCell[]> {
  const places = new Map<Oid, HourCell[]>();
  for (const cell of cells) {
    const location = cell.location as Oid;
    const known = places.get(location);
    if (known) known.push(cell);
    else places.set(location, [cell]);
  }
  return places;
}

/**
 * Scans ranges, those of one salt together, at most `atOnce` scans at a time, and calls `take` for each batch of rows.
 */
export async function scanRanges(
  hbase: HBaseClient,
  table: string,
  ranges: readonly RowRange[],
  options: Omit<ScanOptions, 'start' | 'stop'>,
  take: (rows: Cell[][]) => void | Promise<void>,
  atOnce = 8,
): Promise<void> {
  const scans = scansOf(ranges);
  const waiting = [...scans];
  const lane = async (failed: AbortSignal): Promise<void> => {
    for (let range = waiting.shift(); range; range = waiting.shift()) {
      for await (const rows of hbase.scan(table, { ...range, ...options })) {
        // Nobody would take what is read behind another lane's fault.
        failed.throwIfAborted();
        await take(rows);
      }
    }
  };
  await askHBase(table, () => runTogether(Array.from({ length: Math.min(atOnce, scans.length) }, () => lane)));
}

/**
 * The least hour among the rows of ranges in whose keys nothing but the salt stands before what `hourOf` reads; null
 * without rows.
 */
export async function leastHour(
  hbase: HBaseClient,
  table: string,
  ranges: readonly RowRange[],
  hourOf: (row: Buffer) => number,
  limits: ReadLimits | undefined,
): Promise<number | null> {
  let least: number | null = null;
  await scanRanges(hbase, table, ranges, { families: ['t'], keysOnly: true, limitRows: 1, limits }, (rows) => {
    for (const cells of rows) least = Math.min(least ?? Infinity, hourOf(cells[0]!.row));
  });
  return least;
}

const MOST_RANGES_IN_A_SCAN = 256;

/** One scan for the ranges of a salt: many epochs are one question to the server instead of one each. */
function scansOf(ranges: readonly RowRange[]): Pick<ScanOptions, 'start' | 'stop' | 'rowRanges'>[] {
  const bySalt = new Map<number | undefined, RowRange[]>();
  for (const range of ranges) {
    const ofSalt = bySalt.get(range.start[0]);
    if (ofSalt) ofSalt.push(range);
    else bySalt.set(range.start[0], [range]);
  }
  const scans: Pick<ScanOptions, 'start' | 'stop' | 'rowRanges'>[] = [];
  for (const ofSalt of bySalt.values()) {
    ofSalt.sort((a, b) => Buffer.compare(a.start, b.start));
    for (let at = 0; at < ofSalt.length; at += MOST_RANGES_IN_A_SCAN) {
      const some = ofSalt.slice(at, at + MOST_RANGES_IN_A_SCAN);
      const { start } = some[0]!;
      const { stop } = some.at(-1)!;
      scans.push(some.length === 1 ? { start, stop } : { start, stop, rowRanges: some });
    }
  }
  return scans;
}
