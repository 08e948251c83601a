/**
 * Which of the delivered records make the next batch of a partition, and what each of them is.
 *
 * round.ts asks for each partition; decide.ts gets the answer. Records before the partition's progress were counted and
 * are passed over (Kafka may deliver again after a rebalance). A batch never spans more than W of arrival: were it to,
 * a worker that died after writing first-met rows would leave rows that are not in force for the batch's first records,
 * and its successor would take a copy among those for new. It ends before what must wait for a growth (growth.ts), and
 * before a record whose arrival is not settled (core/stores/control/stamp-gate.ts).
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Stamps } from '../core/domain/stamps.ts';
import type { Judged } from './decide.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { inForceMs } from '../core/domain/rules.ts';
import { arrivalOf } from '../core/domain/stamps.ts';
import { judge } from '../core/domain/verdict.ts';

export type Wait = 'growth' | 'stamp';

export interface Admitted {
  readonly batch: Judged[];
  /** What did not fit: the next batch's. */
  readonly rest: readonly LogRecord[];
  /** What the rest must wait for, if it must: the growth that it arrived in, or that its stamp is settled. */
  readonly waitsFor: Wait | null;
}

/** `records`: of the progress's partition, in the order of offsets; those that arrive at `stop` or later must wait. */
export function admit(
  progress: Progress,
  records: readonly LogRecord[],
  rules: Rules,
  { settled, corrections }: Stamps,
  stop = Infinity,
): Admitted {
  const batch: Judged[] = [];
  let { arrival, nextOffset } = progress;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    // mutation: redelivered-record
    if (record.offset < nextOffset) continue;
    arrival = arrivalOf(arrival, record, corrections);
    // mutation: stamp-hold
    if (arrival > settled) return { batch, rest: records.slice(i), waitsFor: 'stamp' };
    if (arrival >= stop) return { batch, rest: records.slice(i), waitsFor: 'growth' };
    const first = batch[0];
    // mutation: batch-reach
    if (first && arrival - first.arrival > inForceMs(rules)) return { batch, rest: records.slice(i), waitsFor: null };
    batch.push({ record, arrival, verdict: judge(record, arrival, rules) });
    // mutation: admitted-offset
    nextOffset = record.offset + 1;
  }
  return { batch, rest: [], waitsFor: null };
}
