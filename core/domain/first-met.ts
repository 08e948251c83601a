/**
 * First met: whether a detection counts, given the row of `detections` that its id has (laws L2 and L6).
 *
 * The answer depends on the log alone. A row that names this very record means that an earlier attempt wrote it, so a
 * replay repeats its first answer. A row of another record is in force while the two arrivals lie within W. Copies
 * renew nothing.
 */
import type { Detection, Position } from './detection.ts';
import type { Rules } from './rules.ts';
import type { Instant } from './time.ts';
import { inForceMs, isDeferred } from './rules.ts';

/** The row of an id in `detections`: the record that first met it, and what that record said. */
export interface FirstMet extends Position {
  readonly logLife: number;
  readonly arrival: Instant;
  readonly detection: Detection;
}

export type Outcome = 'new' | 'copy' | 'deferred';

/** A row is in force for a record if their arrivals differ by at most W. */
export function isInForce(rowArrival: Instant, recordArrival: Instant, rules: Rules): boolean {
  // mutation: in-force-window
  return Math.abs(recordArrival - rowArrival) <= inForceMs(rules);
}

/** Decides one detection at home; `row` is what its id has, or null. `new` and `deferred` are both first met. */
export function outcomeOf(record: FirstMet, row: FirstMet | null, rules: Rules): Outcome {
  // mutation: copy-outcome
  if (row && !isSameRecord(row, record) && isInForce(row.arrival, record.arrival, rules)) return 'copy';
  return isDeferred(record.detection.detectedAt, record.arrival, rules) ? 'deferred' : 'new';
}

function isSameRecord(a: FirstMet, b: FirstMet): boolean {
  return a.logLife === b.logLife && a.partition === b.partition && a.offset === b.offset;
}
