/**
 * The gate of stamps: settles the arrivals that a reader is about to decide, and says where it must wait (law L5).
 *
 * The speed layer asks before a batch, the archive before a chunk. A reader settles a record's arrival in the
 * partition's row before it decides the record: from then on no correction can begin with that record or before it.
 * Settling and correcting are check-and-puts of one row: one of them comes first and the other sees it, whatever the
 * clocks say. A reader settles a little ahead, so that it needs only a call or two in five minutes. It never settles
 * beyond what its clock allows, so that records which it would hold stay open to a correction.
 */
import type { Correction, Passable, Stamps } from '../../domain/stamps.ts';
import type { LogRecord } from '../../domain/detection.ts';
import type { Instant } from '../../domain/time.ts';
import type { StampRecord, StampRows } from './stamp-rows.ts';
import { passable } from '../../domain/stamps.ts';

type Persist = <T>(step: () => Promise<T>) => Promise<T>;

export interface StampGate {
  /**
   * How far the reader may decide these records, which follow an arrival of `soFar`, and the stamps that hold for them.
   * `persist` repeats a step until it succeeds, or as often as the reader wants.
   */
  pass(partition: number, soFar: Instant, records: readonly LogRecord[], persist: Persist): Promise<Passage>;
  /** The next pass reads what is recorded. */
  forget(): void;
}

export interface Passage extends Passable {
  readonly stamps: Stamps;
}

export interface StampGatePorts {
  readonly control: StampRows;
  readonly logLife: number;
  /** The reader's clock. */
  readonly now: () => number;
  /** How far ahead of it a stamp may be; Infinity: every record that this reader reads was decided before. */
  readonly aheadMs: number;
}

/** A reader settles arrivals up to this far behind a record together with it. */
export const SETTLED_AT_ONCE_MS = 300_000;
/** How often a waiting reader reads the row again. */
const LOOK_EVERY_MS = 250;

export function stampGate({ control, logLife, now, aheadMs }: StampGatePorts): StampGate {
  const known = new Map<number, { record: StampRecord; readAt: number }>();
  const read = async (partition: number, persist: Persist): Promise<StampRecord> => {
    const readAt = now();
    const [record] = await persist(() => control.stamps(logLife, [partition]));
    known.set(partition, { record: record!, readAt });
    return record!;
  };
  return {
    forget: () => known.clear(),
    async pass(partition, soFar, records, persist) {
      let record = known.get(partition)?.record ?? (await read(partition, persist));
      for (let isFresh = false; ; isFresh = true) {
        const latest = now() + aheadMs;
        // mutation: stamp-passage
        const passage = passable(soFar, records, record, latest);
        const { reaches, ahead } = passage;
        const isSettled = reaches <= record.settled || records.length === 0;
        const isHoldRecorded = ahead === null || record.hold?.offset === ahead.offset;
        if (isSettled && isHoldRecorded && (ahead === null || isFresh || !isDue(partition)))
          return { ...passage, stamps: record };
        // mutation: stamp-settling
        if (isFresh || !isSettled) {
          const settled = isSettled
            ? record.settled
            : (Math.max(reaches, Math.min(reaches + SETTLED_AT_ONCE_MS, latest)) as Instant);
          const hold =
            ahead === null || isHoldRecorded
              ? record.hold
              : { offset: ahead.offset, stamp: ahead.stamp, since: now() as Instant };
          if (!isSettled || hold !== record.hold)
            await persist(() => control.moveStamps(logLife, partition, record, { ...record, settled, hold }));
        }
        // Read what is recorded now: the answer may be lost, and somebody may have corrected stamps meanwhile.
        // mutation: stamps-read-again
        record = await read(partition, persist);
      }
    },
  };

  function isDue(partition: number): boolean {
    const sinceMs = now() - (known.get(partition)?.readAt ?? -Infinity);
    return sinceMs < 0 || sinceMs >= LOOK_EVERY_MS;
  }
}

/** `settled`: a reader has passed its first record. `amid`: it would change another correction. */
export interface CorrectionRefused {
  readonly status: 'settled' | 'amid';
  readonly by: StampRecord;
}

export interface CorrectionRequest {
  readonly logLife: number;
  readonly partition: number;
  readonly correction: Correction;
  /** Of the record with which the correction begins. */
  readonly stamp: number;
}

/** Records a correction, unless a reader has decided its first record. */
export async function recordCorrection(
  control: StampRows,
  { logLife, partition, correction: { from, to }, stamp }: CorrectionRequest,
): Promise<{ readonly status: 'recorded' | 'present' } | CorrectionRefused> {
  for (let isMine = false; ; isMine = true) {
    const [record] = (await control.stamps(logLife, [partition])) as [StampRecord];
    if (record.corrections.some((each) => each.from === from && each.to === to))
      return { status: isMine ? 'recorded' : 'present' };
    // mutation: correction-overlap
    if (record.corrections.some((each) => each.from <= to && from <= each.to)) return { status: 'amid', by: record };
    // mutation: correction-settled
    if (stamp <= record.settled) return { status: 'settled', by: record };
    // The next turn reads what is recorded now: a reader may have settled first, or the answer may be lost.
    await control.moveStamps(logLife, partition, record, {
      ...record,
      // mutation: correction-record
      corrections: [...record.corrections, { from, to }],
    });
  }
}
