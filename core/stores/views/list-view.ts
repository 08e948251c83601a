/**
 * Reading the lists of detections, which lie second by second in the rows of groups: shared by both views.
 *
 * A reading names scope, hours and a span of time; the answer is complete within it. A speed worker that dies may write
 * an entry twice, in cells of two batches; the answer names each id once a row.
 */
import type { Scope } from '../../domain/counts.ts';
import type { Group } from '../../domain/hour-counts.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Instant } from '../../domain/time.ts';
import type { Cell, ScanOptions } from '../../hbase/types.ts';
import type { ListEntry } from '../../layout/hbase.ts';
import { groupOfScope, PLACE_GROUPS } from '../../domain/hour-counts.ts';
import { compareOids } from '../../domain/oid.ts';
import { HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import { columnsOfSeconds, decodeList, LIST_FAMILY } from '../../layout/hbase.ts';

/** An entry of the list. */
export interface ListedDetection {
  readonly id: Oid;
  readonly detectedAt: Instant;
}

/** The same as it was read, with its place. */
export interface PlacedDetection extends ListEntry {
  /** True if its row has the mark of doubt (count-view.ts). */
  readonly isDoubtful?: boolean;
}

/** Narrows a reading of one hour. */
export interface ListBounds {
  /** Only what sorts after this entry: an earlier time, or the same time and a greater id. */
  readonly after?: ListedDetection;
  /** Only entries of this time or later. */
  readonly notBefore?: Instant;
}

/** Entries to write into the row of a group: of one second each. */
export interface ListWrite {
  /** Of the hour. */
  readonly second: number;
  /** Tells cells of one second apart. */
  readonly first: number;
  readonly upTo: number;
  readonly entries: readonly ListEntry[];
}

/** Newest first; at the same millisecond the smaller id first. */
export function newestFirst(a: ListedDetection, b: ListedDetection): number {
  return b.detectedAt - a.detectedAt || compareOids(a.id, b.id);
}

/** Whose rows hold the list of a scope. */
export function listGroups(scope: Scope): Group[] {
  return scope === 'all' ? Array.from({ length: PLACE_GROUPS }, (_, group) => group) : [groupOfScope(scope)];
}

/** `hour`: the one that the bounds lie in; without bounds any. */
export function listOptions(bounds: ListBounds | undefined): Pick<ScanOptions, 'families' | 'columnRange'> {
  const families = [LIST_FAMILY];
  if (!bounds?.after && bounds?.notBefore === undefined) return { families };
  const second = (t: number): number => Math.floor((t % HOUR_MS) / SECOND_MS);
  const from = bounds.notBefore === undefined ? 0 : second(bounds.notBefore);
  const to = bounds.after === undefined ? 3_599 : second(bounds.after.detectedAt);
  return { families, columnRange: columnsOfSeconds(from, to) };
}

/** Entries of one row, each once. */
export function listedIn(
  hour: number,
  cells: readonly Cell[],
  scope: Scope,
  bounds: ListBounds | undefined,
): PlacedDetection[] {
  const found = new Map<Oid, PlacedDetection>();
  const { after, notBefore = 0 } = bounds ?? {};
  for (const cell of cells) {
    if (cell.family !== LIST_FAMILY) continue;
    for (const entry of decodeList(hour, cell)) {
      if (scope !== 'all' && entry.location !== scope) continue;
      if (entry.detectedAt < notBefore || (after && newestFirst(after, entry) >= 0)) continue;
      found.set(entry.id, entry);
    }
  }
  return [...found.values()];
}
