/**
 * A snapshot of the newest detections that stands still while somebody points at the list.
 *
 * LatestTable.tsx takes a snapshot, counts in it the rows that arrive meanwhile, and adds older pages at its end. Rows
 * come newest first. If an answer has no row that is known, rows may have come between two answers; the number of newer
 * rows is then a lower bound.
 */
import type { DetectionsAnswer, ListedRow } from '../../serving/answers.ts';

export interface ListSnapshot {
  readonly rows: readonly ListedRow[];
  /** Of the page with older rows; null if there are none. */
  readonly cursor: string | null;
  /** Bounds of the answer that has the cursor. */
  readonly span: { readonly from: number; readonly to: number };
  readonly known: ReadonlySet<string>;
  readonly newer: number;
  /** `newer` is a lower bound. */
  readonly isLowerBound: boolean;
}

const keyOf = ({ detection_oid, timestamp_detected }: ListedRow): string => `${detection_oid} ${timestamp_detected}`;

export function takeSnapshot({ detections, next_cursor, from, to }: DetectionsAnswer): ListSnapshot {
  return {
    rows: detections,
    cursor: next_cursor,
    span: { from, to },
    known: new Set(detections.map(keyOf)),
    newer: 0,
    isLowerBound: false,
  };
}

/** Counts the rows of a further answer that the snapshot does not have. */
export function countNewer(snapshot: ListSnapshot, { detections }: DetectionsAnswer): ListSnapshot {
  const fresh = detections.filter((row) => !snapshot.known.has(keyOf(row)));
  if (fresh.length === 0) return snapshot;
  const isLowerBound = snapshot.isLowerBound || fresh.length === detections.length;
  return {
    ...snapshot,
    known: new Set([...snapshot.known, ...fresh.map(keyOf)]),
    newer: snapshot.newer + fresh.length,
    isLowerBound,
  };
}

/** Adds a page of older rows at the end. */
export function appendOlder(snapshot: ListSnapshot, { detections, next_cursor }: DetectionsAnswer): ListSnapshot {
  const older = detections.filter((row) => !snapshot.known.has(keyOf(row)));
  return {
    ...snapshot,
    rows: [...snapshot.rows, ...older],
    cursor: next_cursor,
    known: new Set([...snapshot.known, ...older.map(keyOf)]),
  };
}

/** `37 newer`, `more than 37 newer`. */
export function newerText({ newer, isLowerBound }: ListSnapshot): string {
  return `${isLowerBound ? 'more than ' : ''}${newer.toLocaleString('en-US')} newer`;
}
