/**
 * Which of the delivered records make the next batch of a partition, and what each of them is.
 *
 * round.ts asks for each partition; decide.ts gets the answer. Records before the partition's progress were counted and are
 * passed over (Kafka may deliver again after a rebalance). A batch never spans more than W of arrival: were it to, a worker that
 * died after writing first-met rows would leave rows that are not in force for the batch's first records, and its successor
 * would take a copy among those for new. It ends before what must wait for a growth (growth.ts).
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Progress } from '../core/stores/control.ts';
import type { Judged } from './decide.ts';
import { arrivalAfter } from '../core/domain/arrival.ts';
import { inForceMs } from '../core/domain/rules.ts';
import { judge } from '../core/domain/verdict.ts';

export interface Admitted {
  readonly batch: Judged[];
  /** What did not fit: the next batch's. */
  readonly rest: readonly LogRecord[];
  /** The rest arrived at the stop or later: it waits. */
  readonly isHeld: boolean;
}

/** `records`: of the progress's partition, in the order of offsets; those that arrive at `stop` or later must wait. */
export function admit(progress: Progress, records: readonly LogRecord[], rules: Rules, stop = Infinity): Admitted {
  const batch: Judged[] = [];
  let { arrival, nextOffset } = progress;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.offset < nextOffset) continue;
    arrival = arrivalAfter(arrival, record.stamp);
    if (arrival >= stop) return { batch, rest: records.slice(i), isHeld: true };
    const first = batch[0];
    if (first && arrival - first.arrival > inForceMs(rules)) return { batch, rest: records.slice(i), isHeld: false };
    batch.push({ record, arrival, verdict: judge(record, arrival, rules) });
    nextOffset = record.offset + 1;
  }
  return { batch, rest: [], isHeld: false };
}
