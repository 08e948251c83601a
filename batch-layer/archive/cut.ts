/**
 * Where an epoch is cut: reads a partition's records with their arrivals, up to the first one that arrived at the
 * epoch's end or later (law L5).
 *
 * partition-reading.ts takes what `readToCut` yields, and the simulation does too. The cut is a fact of the log: the
 * gate records each stamp for all readers before one of them uses it (core/stores/control/stamp-gate.ts), so the speed
 * layer cuts at the same record. Reading also stops before a stamp that is too far ahead of this clock. That is no cut,
 * because somebody may correct the stamp.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { StampGate } from '../../core/stores/control/stamp-gate.ts';
import { arrivalOf } from '../../core/domain/stamps.ts';

interface LogPosition {
  readonly partition: number;
  /** The offset at which reading begins, and the arrival before it. */
  readonly next: number;
  readonly arrival: Instant;
}

interface ArrivedRecord {
  readonly record: LogRecord;
  readonly arrival: Instant;
}

interface Stretch {
  /** The records of the epoch, in the order of offsets. */
  readonly records: readonly ArrivedRecord[];
  /** How many records the log delivered, with those that are not of the epoch. */
  readonly delivered: number;
  /** The offset after the stretch; if it ends with a cut or a wait, the offset of that record. */
  readonly next: number;
  readonly endsWith: 'cut' | 'wait' | null;
  /** The stamp of the record that must wait; null if none must. */
  readonly ahead: number | null;
}

interface CutSources {
  readonly reader: Pick<LogReader, 'read'>;
  readonly stamps: StampGate;
  readonly signal?: AbortSignal;
}

/**
 * Yields the records after `from`, up to the cut of the epoch that ends at `end`, to a record that must wait, or to the
 * log's present end.
 */
export async function* readToCut(
  end: Instant,
  from: LogPosition,
  { reader, stamps: gate, signal }: CutSources,
): AsyncIterable<Stretch> {
  let { arrival } = from;
  for await (const { records, next } of reader.read(from.partition, from.next, signal)) {
    const { stamps } = await gate.pass(from.partition, arrival, records, (step) => step());
    const inEpoch: ArrivedRecord[] = [];
    let stop: { at: LogRecord; endsWith: 'cut' | 'wait' } | null = null;
    for (const record of records) {
      const reached = arrivalOf(arrival, record, stamps.corrections);
      // mutation: cut-hold
      if (reached > stamps.settled) stop = { at: record, endsWith: 'wait' };
      else if (reached >= end) stop = { at: record, endsWith: 'cut' };
      if (stop) break;
      arrival = reached;
      inEpoch.push({ record, arrival });
    }
    const ahead = stop?.endsWith === 'wait' ? stop.at.stamp : null;
    yield {
      records: inEpoch,
      delivered: records.length,
      next: stop?.at.offset ?? next,
      endsWith: stop?.endsWith ?? null,
      ahead,
    };
    if (stop) return;
  }
}
