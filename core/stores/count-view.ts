/**
 * Reading count cells by what a question needs: shared by the speed view and the batch view.
 *
 * A reading names scope, levels, hours and, for the levels of a minute, the minutes within the first and last hour; the stores
 * turn it into ranges of their own row keys. Rows come whole and in batches, so memory is bounded by the batch, not by the
 * window.
 */
import type { CountCell, CountRowName, Level } from '../domain/counts.ts';
import type { Detection } from '../domain/detection.ts';
import type { Oid } from '../domain/oid.ts';
import type { Instant } from '../domain/time.ts';
import type { Cell, HBaseClient, ScanOptions } from './hbase/types.ts';
import type { RowRange } from '../layout/hbase.ts';
import { decodeCount, decodeListQualifier, FAMILY_OF_LEVEL, LIST_FAMILY, listBehind, listQualifier } from '../layout/hbase.ts';
import { asRetryable } from './hbase-rows.ts';

/** One row of a view with the cells of the levels that were asked for. */
export interface CountRow extends CountRowName {
  /** The speed view's rows have one, the batch view's are of all partitions together: −1. */
  readonly partition: number;
  readonly cells: readonly CountCell[];
}

/** Hours since 1970, both included. */
export interface Hours {
  readonly from: number;
  readonly to: number;
}

/** An entry of the list of detections of a place. */
export interface ListedDetection {
  readonly id: Detection['id'];
  readonly detectedAt: Instant;
}

/** The same as it was read, with its place. */
export interface PlacedDetection extends ListedDetection {
  readonly location: Oid;
}

/** Of the minutes of an hour: [from, to). Narrows the levels of a minute. */
export interface Minutes {
  readonly from: number;
  readonly to: number;
}

/** Which part of each row of the list is read: the newest entries first, so a page needs few of a long list. */
export interface ListBounds {
  /** Only what sorts after this entry in its hour: an earlier time, or the same time and a greater id. */
  readonly after?: ListedDetection;
  /** Only entries of this time or later; an instant of the same hour. */
  readonly notBefore?: Instant;
  /** Most entries of one row. */
  readonly limitPerRow: number;
}

type Narrowing = Pick<ScanOptions, 'columnRange' | 'limitCells'>;

/** Qualifiers of the levels of a minute begin with the minute. */
export function minuteColumns(minutes: Minutes | undefined): Narrowing {
  if (!minutes) return {};
  const to = minutes.to >= 60 ? Buffer.alloc(0) : Buffer.from([minutes.to]);
  return { columnRange: { from: Buffer.from([minutes.from]), to } };
}

export function listColumns(bounds: ListBounds | undefined): Narrowing {
  if (!bounds) return {};
  const { after, notBefore, limitPerRow } = bounds;
  const from = after ? Buffer.concat([listQualifier(after.detectedAt, after.id), Buffer.alloc(1)]) : Buffer.alloc(0);
  const to = notBefore === undefined ? Buffer.alloc(0) : listBehind(notBefore);
  return { limitCells: limitPerRow, ...(from.length + to.length > 0 ? { columnRange: { from, to } } : {}) };
}

export function familiesOf(levels: readonly Level[]): string[] {
  return levels.map((level) => FAMILY_OF_LEVEL[level]);
}

/** Scans ranges, those of one salt together, at most `atOnce` scans at a time, and calls `take` for each batch of rows. */
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
  const lane = async (): Promise<void> => {
    for (let range = waiting.shift(); range; range = waiting.shift()) {
      for await (const rows of hbase.scan(table, { ...range, ...options })) await take(rows);
    }
  };
  await asRetryable(table, () => Promise.all(Array.from({ length: Math.min(atOnce, scans.length) }, lane)));
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

/** Count cells of a row; the list of detections is no count and is left out. */
export function countsOf(cells: readonly Cell[]): CountCell[] {
  return cells.filter((cell) => cell.family !== LIST_FAMILY).map(decodeCount);
}

/** Entries of one row of a place. */
export function listedOf({ scope, hour }: Pick<CountRowName, 'scope' | 'hour'>, cells: readonly Cell[]): PlacedDetection[] {
  if (scope === 'all') throw new RangeError('the rows of all places hold no list');
  return cells
    .filter((cell) => cell.family === LIST_FAMILY)
    .map((cell) => ({ ...decodeListQualifier(hour, cell.qualifier), location: scope }));
}
