/**
 * The rules of a generation: everything that decides what a record is and where it counts (laws L5, L6, L10).
 *
 * The first process records them in HBase's control table. Every process compares its configuration with the record and
 * refuses to start on a difference, because two processes with different rules would count differently.
 */
import type { Instant } from './time.ts';
import { DAY_MS } from './time.ts';

/** The topic grew (growth.ts). */
export interface Growth {
  /** The start of an epoch: this count holds for what arrives then or later. */
  readonly from: Instant;
  readonly partitions: number;
}

export interface Rules {
  /** Our number for one log life and one set of rules, from 1. */
  readonly generation: number;
  /** Our number for one life of the topic, from 1. */
  readonly logLife: number;
  /** Length of an epoch; divides a day. */
  readonly epochSeconds: number;
  /** D: a detection whose own time lies further behind its arrival is deferred to the batch layer. */
  readonly dedupWindowDays: number;
  /** F: a detection whose own time lies further ahead of its arrival is a dead letter. */
  readonly clockAheadDays: number;
  /**
   * Partition count of the topic when the generation began. home(id) is the hash modulo this, or modulo the count to
   * which the topic has grown (growth.ts).
   */
  readonly partitionCount: number;
  /** How the topic grew since, oldest first. */
  readonly growths?: readonly Growth[] | undefined;
  /** Number of the first epoch: arrivals before its start (a broker's clock stepped back) belong to it too. */
  readonly firstEpoch: number;
  /** Per partition, the offset at which this generation begins to count; 0 in those that came by growing. */
  readonly firstOffsets: readonly number[];
  /** Whether its first-met rows have a family of their own; generations of older versions share one family. */
  readonly ownFirstMet?: boolean | undefined;
}

/** W = D + F, in milliseconds: how far apart two arrivals of one id may lie and still be one detection. */
export function inForceMs(rules: Pick<Rules, 'dedupWindowDays' | 'clockAheadDays'>): number {
  return (rules.dedupWindowDays + rules.clockAheadDays) * DAY_MS;
}

/** Deferred (L6): its own time is more than D behind its arrival. */
export function isDeferred(detectedAt: Instant, arrival: Instant, rules: Rules): boolean {
  return arrival - detectedAt > rules.dedupWindowDays * DAY_MS;
}

/** Too far ahead (L6): its own time is more than F after its arrival. */
export function isAhead(detectedAt: Instant, arrival: Instant, rules: Rules): boolean {
  return detectedAt - arrival > rules.clockAheadDays * DAY_MS;
}
