/**
 * Arrival: when the log took a record, made to rise with offsets (law L5).
 *
 * arrival(o) is the greatest LogAppendTime at or before o in its partition, so that an epoch is one contiguous range of
 * offsets even when a broker's clock steps back at fail-over. Both layers carry the greatest stamp so far from one
 * batch or epoch to the next.
 */
import type { Instant } from './time.ts';

/** Arrival of a record with this stamp, when the greatest stamp before it was `soFar`. */
export function arrivalAfter(soFar: Instant, stamp: number): Instant {
  // mutation: arrival-rise
  return (stamp > soFar ? stamp : soFar) as Instant;
}

export const BEFORE_ALL = 0 as Instant;
