/**
 * Eras: how many partitions count for the home of an id, from which offset of each partition on (law L3).
 *
 * A topic that grows has more partitions, and many ids have another home then. The first record of an era in an old partition is a
 * marker, a tick of ours with the header below; the era is recorded once everything before the markers is counted, so all that an
 * era's records are compared with is known. The count in force is a function of a record's position and the recorded rules, and
 * nobody decides a record behind a marker that no recorded era knows: so the decision depends on the log alone, as always.
 */
import type { LogRecord, Position } from './detection.ts';
import type { Rules } from './rules.ts';
import type { Instant } from './time.ts';
import { BEFORE_ALL } from './arrival.ts';
import { hasHeader, isTick } from './ticks.ts';

export interface Growth {
  readonly from: number;
  readonly to: number;
  /** Per partition of the new count: where the era begins; 0 in the partitions that are new. */
  readonly fromOffsets: readonly number[];
  /** Arrival of the last marker: no record of a new partition arrived before. All markers lie in its epoch. */
  readonly fromArrival: Instant;
}

/** Header of a tick after which the topic counts with more partitions; its value is the new count. */
export const GROW_HEADER = 'sightline.grow';

/** Number of the era of a position: 0 before the topic first grew. */
export function eraOf({ partition, offset }: Position, { growths = [] }: Pick<Rules, 'growths'>): number {
  let era = growths.length;
  while (era > 0 && offset < (growths[era - 1]!.fromOffsets[partition] ?? Infinity)) era--;
  return era;
}

/** How many partitions count in an era. */
export function partitionCountIn(era: number, { growths = [], partitionCount }: Pick<Rules, 'growths' | 'partitionCount'>): number {
  return era > 0 ? growths[era - 1]!.to : (growths[0]?.from ?? partitionCount);
}

/** Arrival before the first record of a partition. */
export function arrivalBefore(partition: number, { growths = [] }: Pick<Rules, 'growths'>): Instant {
  return growths.find(({ from, to }) => partition >= from && partition < to)?.fromArrival ?? BEFORE_ALL;
}

/** Whether the rules do not know yet what counts behind this record: nothing behind it may be decided by them. */
export function isUnknownMarker(record: LogRecord, { growths = [] }: Pick<Rules, 'growths'>): boolean {
  if (record.headers.length === 0 || !isTick(record) || !hasHeader(record, GROW_HEADER)) return false;
  return !growths.some(({ fromOffsets }) => (fromOffsets[record.partition] ?? -1) >= record.offset);
}
