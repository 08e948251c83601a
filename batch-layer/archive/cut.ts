/**
 * Where an epoch is cut: a partition's records with their arrivals, up to the first that arrived at its end or later
 * (law L5).
 *
 * archive.ts takes what it yields, the simulation too. The cut is a fact of the log: arrivals are settled for all
 * readers before they are used (core/stores/control/stamp-gate.ts), so the speed layer cuts at the same record. Before
 * a stamp that this clock does not allow reading stops; it is no cut, because the stamp may be corrected.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { StampGate } from '../../core/stores/control/stamp-gate.ts';
import { arrivalOf } from '../../core/domain/stamps.ts';

export interface LogPosition {
  readonly partition: number;
  /** Where reading begins, and the arrival before. */
  readonly next: number;
  readonly arrival: Instant;
}

export interface Arrived {
  readonly record: LogRecord;
  readonly arrival: Instant;
}

export interface Stretch {
  /** The epoch's, in the order of offsets. */
  readonly taken: readonly Arrived[];
  /** How many records the log delivered for it. */
  readonly delivered: number;
  /** The offset behind it: of the cut, or of the record that must wait, if it ends with one. */
  readonly next: number;
  readonly endsWith: 'cut' | 'wait' | null;
  /** The stamp of the record that must wait. */
  readonly ahead: number | null;
}

export interface CutSources {
  readonly reader: Pick<LogReader, 'read'>;
  readonly stamps: StampGate;
  readonly signal?: AbortSignal;
}

/**
 * Yields what lies from `place` to the cut of the epoch that ends at `end`, to a record that must wait, or to the log's
 * end.
 */
export async function* readToCut(
  end: Instant,
  place: LogPosition,
  { reader, stamps: gate, signal }: CutSources,
): AsyncIterable<Stretch> {
  let { arrival } = place;
  for await (const { records, next } of reader.read(place.partition, place.next, signal)) {
    const { stamps } = await gate.pass(place.partition, arrival, records, (step) => step());
    const taken: Arrived[] = [];
    let stop: { at: LogRecord; endsWith: 'cut' | 'wait' } | null = null;
    for (const record of records) {
      const reached = arrivalOf(arrival, record, stamps.corrections);
      if (reached > stamps.settled) stop = { at: record, endsWith: 'wait' };
      else if (reached >= end) stop = { at: record, endsWith: 'cut' };
      if (stop) break;
      arrival = reached;
      taken.push({ record, arrival });
    }
    const ahead = stop?.endsWith === 'wait' ? stop.at.stamp : null;
    yield { taken, delivered: records.length, next: stop?.at.offset ?? next, endsWith: stop?.endsWith ?? null, ahead };
    if (stop) return;
  }
}
