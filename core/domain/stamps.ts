/**
 * Stamps from the future: which records of a partition may be decided, and as of when a corrected one arrived (law L5).
 *
 * A broker whose clock runs ahead would move its partition's arrival far ahead for good, since arrival never falls. So
 * a reader decides a record only if its arrival is *settled*: recorded for all readers as one that nobody corrects any
 * more (core/stores/control/stamp-gate.ts). A reader settles what its own clock allows and waits before the rest. A
 * *correction* begins with a record that is not settled; from there to its last offset stamps do not count. A clock
 * decides when a reader waits, never what a record is.
 */
import type { LogRecord } from './detection.ts';
import type { Instant } from './time.ts';
import { arrivalAfter } from './arrival.ts';

/** Offsets of a partition, both inclusive, whose stamps count as the arrival before the first of them. */
export interface Correction {
  readonly from: number;
  readonly to: number;
}

/** What is recorded of a partition's stamps. */
export interface Stamps {
  /** No correction can begin with a record that arrived by then. */
  readonly settled: Instant;
  /** Apart from each other. */
  readonly corrections: readonly Correction[];
}

type Stamped = Pick<LogRecord, 'offset' | 'stamp'>;

/** Arrival of a record, when the arrival before it was `soFar`. */
export function arrivalOf(soFar: Instant, { offset, stamp }: Stamped, corrections: readonly Correction[]): Instant {
  return isCorrected(offset, corrections) ? soFar : arrivalAfter(soFar, stamp);
}

export function isCorrected(offset: number, corrections: readonly Correction[]): boolean {
  // mutation: corrected-offsets
  return corrections.some(({ from, to }) => offset >= from && offset <= to);
}

export interface Passable {
  /** The arrival that is reached before the reader must wait, or at the end of the records. */
  readonly reaches: Instant;
  /** The first record that it must not pass yet. */
  readonly ahead: Stamped | null;
}

/**
 * How far a reader may go in these records, which follow an arrival of `soFar`, if its clock allows stamps up to
 * `latest`. It does not wait for an arrival that it has reached before: nobody can correct that any more.
 */
export function passable(
  soFar: Instant,
  records: readonly Stamped[],
  { settled, corrections }: Stamps,
  latest: number,
): Passable {
  // mutation: settled-limit
  const limit = Math.max(soFar, settled, latest);
  let reaches = soFar;
  for (const record of records) {
    const arrival = arrivalOf(reaches, record, corrections);
    if (arrival > limit) return { reaches, ahead: record };
    reaches = arrival;
  }
  return { reaches, ahead: null };
}

/** Whether a reader still waits before this record. */
export function isAhead({ offset, stamp }: Stamped, { settled, corrections }: Stamps): boolean {
  return stamp > settled && !isCorrected(offset, corrections);
}
