/**
 * Which of the delivered records make the next batch of a partition, and what each of them is.
 *
 * round.ts asks for each partition; decide.ts gets the answer. Records before the partition's progress were counted and are
 * passed over (Kafka may deliver again after a rebalance). A batch never spans more than W of arrival: were it to, a worker that
 * died after writing first-met rows would leave rows that are not in force for the batch's first records, and its successor
 * would take a copy among those for new.
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Progress } from '../core/stores/control.ts';
import type { Judged } from './decide.ts';
import { arrivalAfter } from '../core/domain/arrival.ts';
import { isUnknownMarker } from '../core/domain/eras.ts';
import { inForceMs } from '../core/domain/rules.ts';
import { judge } from '../core/domain/verdict.ts';

export interface Admitted {
  readonly batch: Judged[];
  /** What did not fit: the next batch's. */
  readonly rest: readonly LogRecord[];
  /** The topic grew behind this batch, in a way that our rules do not know yet: nothing further may be decided. */
  readonly isHalted: boolean;
}

/** `records`: of the progress's partition, in the order of offsets. */
export function admit(progress: Progress, records: readonly LogRecord[], rules: Rules): Admitted {
  const batch: Judged[] = [];
  let { arrival, nextOffset } = progress;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.offset < nextOffset) continue;
    if (isUnknownMarker(record, rules)) return { batch, rest: [], isHalted: true };
    arrival = arrivalAfter(arrival, record.stamp);
    const first = batch[0];
    if (first && arrival - first.arrival > inForceMs(rules)) return { batch, rest: records.slice(i), isHalted: false };
    batch.push({ record, arrival, verdict: judge(record, arrival, rules) });
    nextOffset = record.offset + 1;
  }
  return { batch, rest: [], isHalted: false };
}
