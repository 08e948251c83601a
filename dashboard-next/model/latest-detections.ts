/**
 * The list of the newest detections: what came while it is held, and what older pages add to it.
 *
 * Rows come newest first. While somebody points at the list it stands still; how many came meanwhile is counted over
 * all answers since, and where an answer holds nothing that was seen before, some may have come between: then the
 * number is a least one.
 */
import type { DetectionsAnswer, ListedRow } from '../../serving/answers.ts';

export interface HeldList {
  readonly rows: readonly ListedRow[];
  /** Leads to what is older than the rows. */
  readonly cursor: string | null;
  /** The bounds that the cursor belongs to. */
  readonly span: { readonly from: number; readonly to: number };
  readonly known: ReadonlySet<string>;
  readonly newer: number;
  /** More may have come than were seen. */
  readonly isLeast: boolean;
}

const keyOf = ({ detection_oid, timestamp_detected }: ListedRow): string => `${detection_oid} ${timestamp_detected}`;

export function hold({ detections, next_cursor, from, to }: DetectionsAnswer): HeldList {
  return {
    rows: detections,
    cursor: next_cursor,
    span: { from, to },
    known: new Set(detections.map(keyOf)),
    newer: 0,
    isLeast: false,
  };
}

/** A further answer while the list is held. */
export function meanwhile(held: HeldList, { detections }: DetectionsAnswer): HeldList {
  const fresh = detections.filter((row) => !held.known.has(keyOf(row)));
  if (fresh.length === 0) return held;
  const isLeast = held.isLeast || fresh.length === detections.length;
  return { ...held, known: new Set([...held.known, ...fresh.map(keyOf)]), newer: held.newer + fresh.length, isLeast };
}

/** An older page, below what is there. */
export function withOlder(held: HeldList, { detections, next_cursor }: DetectionsAnswer): HeldList {
  const older = detections.filter((row) => !held.known.has(keyOf(row)));
  return {
    ...held,
    rows: [...held.rows, ...older],
    cursor: next_cursor,
    known: new Set([...held.known, ...older.map(keyOf)]),
  };
}

/** `37 newer`, `more than 37 newer`. */
export function newerText({ newer, isLeast }: HeldList): string {
  return `${isLeast ? 'more than ' : ''}${newer.toLocaleString('en-US')} newer`;
}
