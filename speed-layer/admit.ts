/**
 * Which of the delivered records make the next batch of a partition, and what each of them is.
 *
 * round.ts asks for each partition; decide.ts gets the answer. A batch skips records before the partition's progress,
 * which are counted (Kafka may deliver them twice after a rebalance). A batch never spans more than W of arrival.
 * Otherwise a worker that dies after writing first-met rows leaves rows that are not in force for the batch's first
 * records, and the next worker takes a copy among those for new. A batch ends before a record that must wait for a
 * growth (growth.ts), and before one whose arrival is not settled (core/stores/control/stamp-gate.ts).
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Stamps } from '../core/domain/stamps.ts';
import type { ClassifiedRecord } from './decide.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { inForceMs } from '../core/domain/rules.ts';
import { arrivalOf } from '../core/domain/stamps.ts';
import { classify } from '../core/domain/verdict.ts';

export type Wait = 'growth' | 'stamp';

export interface Admitted {
  readonly batch: ClassifiedRecord[];
  /** Records for the next batch. */
  readonly rest: readonly LogRecord[];
  /** What the rest must wait for: that the growth it arrived in begins, or that its stamp is settled. */
  readonly waitsFor: Wait | null;
}

export interface Delivery {
  readonly progress: Progress;
  /** Of the progress's partition, in the order of offsets. */
  readonly records: readonly LogRecord[];
  readonly stamps: Stamps;
  /** Records that arrive then or later must wait; Infinity: none. */
  readonly stop: number;
}

export function admit({ progress, records, stamps, stop }: Delivery, rules: Rules): Admitted {
  const { settled, corrections } = stamps;
  const batch: ClassifiedRecord[] = [];
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
    batch.push({ record, arrival, verdict: classify(record, arrival, rules) });
    // mutation: admitted-offset
    nextOffset = record.offset + 1;
  }
  return { batch, rest: [], waitsFor: null };
}
