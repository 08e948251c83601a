/**
 * Reading hour cells in the words of questions: shared by the speed view and the batch view.
 *
 * A reading names scope, levels, hours and, for the levels of a minute, the minutes of an hour. This file says which
 * rows and columns hold them; the stores turn that into ranges of their own row keys. Rows come whole and in batches,
 * so the batch bounds the memory, not the window.
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

/** What one row of a view has of a scope, in cells of the levels that the question names. */
export interface CountRow {
  readonly scope: Scope;
  readonly hour: number;
  readonly epoch: Epoch;
  /** Of the speed view's row; −1 in the batch view, whose rows count all partitions together. */
  readonly partition: number;
  readonly cells: readonly CountCell[];
  /** As in an HourRow. */
  readonly isDoubtful?: boolean;
}

/** The hour cells of one row of a view that the question asks for. */
export interface HourRow {
  readonly hour: number;
  readonly epoch: Epoch;
  /** As in a CountRow. */
  readonly partition: number;
  readonly cells: readonly HourCell[];
  /** True if the row has the mark of a round that was in doubt (core/domain/doubt.ts): any count of it may be wrong. */
  readonly isDoubtful?: boolean;
}

/** The levels that hour cells answer directly: a cell has its minutes, and their sum is the hour's count. */
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

/** Which cells hold a level of a scope. */
export interface LevelCells {
  readonly scope: Scope;
  readonly families: readonly string[];
  readonly columns: Pick<ScanOptions, 'columnRange'>;
}

/** The counts of a place's minutes are those of the place among all places, so no cell holds them twice. */
export function cellsOfLevel(scope: Scope, level: Level): LevelCells {
  const ofPlace = scope === 'all' ? {} : { columnRange: columnsOfPlace(scope) };
  if (level === 'minute') return { scope: 'all', families: [scope === 'all' ? 't' : 'p'], columns: ofPlace };
  if (level === 'minute_item' || level === 'hour_item') return { scope, families: ['i'], columns: ofPlace };
  if (scope !== 'all') throw new RangeError(`a place has no cells of the level ${level}`);
  return { scope, families: ['p'], columns: {} };
}

/** Hour cells as the cells of a level, within the given minutes. */
export function ofLevel(level: Level, cells: readonly HourCell[], minutes: Minutes = { from: 0, to: 60 }): CountCell[] {
  const levelCells: CountCell[] = [];
  for (const cell of cells) {
    const subject =
      level === 'minute' ? '' : level === 'minute_item' || level === 'hour_item' ? cell.item : cell.location;
    if (level === 'hour_item' || level === 'hour_place') {
      levelCells.push({ level, minute: 0, subject, count: sumOf(cell.minutes), upTo: cell.upTo });
      continue;
    }
    for (let at = 0; at < cell.minutes.length; at += 2) {
      const minute = cell.minutes[at]!;
      if (minute >= minutes.from && minute < minutes.to)
        levelCells.push({ level, minute, subject, count: cell.minutes[at + 1]!, upTo: cell.upTo });
    }
  }
  return levelCells;
}

/** Hour cells of a row without those that have lost their last count, and without the list of detections. */
export function hourCellsOf(group: Group, cells: readonly Cell[]): HourCell[] {
  const decoded = cells.filter(({ family }) => family !== LIST_FAMILY).map((cell) => decodeHourCell(group, cell));
  return decoded.filter(({ minutes }) => minutes.length > 0);
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

export interface RangesQuestion {
  readonly table: string;
  readonly ranges: readonly RowRange[];
  readonly options?: Omit<ScanOptions, 'start' | 'stop'>;
  /** How many scans run at a time, at most. */
  readonly atOnce?: number;
}

/** Scans ranges, those of one salt together, and calls `take` for each batch of rows. */
export async function scanRanges(
  hbase: HBaseClient,
  { table, ranges, options = {}, atOnce = 8 }: RangesQuestion,
  take: (rows: Cell[][]) => void | Promise<void>,
): Promise<void> {
  const scans = scansOf(ranges);
  const waiting = [...scans];
  const lane = async (failed: AbortSignal): Promise<void> => {
    for (let range = waiting.shift(); range; range = waiting.shift()) {
      for await (const rows of hbase.scan(table, { ...range, ...options })) {
        // After another lane's fault nobody uses what this lane reads.
        failed.throwIfAborted();
        await take(rows);
      }
    }
  };
  await askHBase(table, () => runTogether(Array.from({ length: Math.min(atOnce, scans.length) }, () => lane)));
}

/** Scans a table and hands over each row with its name, which `nameOf` reads from the row's key. */
export function rowScanner<Name>(hbase: HBaseClient, table: string, nameOf: (row: Buffer) => Name) {
  return (
    ranges: readonly RowRange[],
    options: Omit<ScanOptions, 'start' | 'stop'>,
    take: (name: Name, cells: readonly Cell[]) => void,
  ): Promise<void> =>
    scanRanges(hbase, { table, ranges, options }, (rows) => {
      for (const cells of rows) take(nameOf(cells[0]!.row), cells);
    });
}

/**
 * The first hour among the rows of ranges, in whose keys only the salt stands before what `hourOf` reads; null without
 * rows.
 */
export async function leastHour(
  hbase: HBaseClient,
  { table, ranges, limits }: Pick<RangesQuestion, 'table' | 'ranges'> & { readonly limits: ReadLimits | undefined },
  hourOf: (row: Buffer) => number,
): Promise<number | null> {
  let least: number | null = null;
  await scanRanges(
    hbase,
    { table, ranges, options: { families: ['t'], keysOnly: true, limitRows: 1, limits } },
    (rows) => {
      for (const cells of rows) least = Math.min(least ?? Infinity, hourOf(cells[0]!.row));
    },
  );
  return least;
}

const MOST_RANGES_IN_A_SCAN = 256;

/** One scan for the ranges of a salt, so that many epochs are one question to the server. */
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
