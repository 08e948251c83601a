/**
 * The gate of stamps: settles what a reader is about to decide, and tells where it must wait (law L5).
 *
 * The speed layer asks before a batch, the archive before a chunk. Before a record is decided its arrival is settled in
 * the partition's row: from then on no correction can begin with it or before it. Settling and correcting are
 * check-and-puts of one row, so of the two one comes first and the other learns of it, whatever clocks say. Settled is
 * a little ahead, so that it costs a call or two in five minutes; never ahead of what the reader's clock allows, so
 * that what it would hold stays open to a correction.
 */
import type { Correction, Passable, Stamps } from '../../domain/stamps.ts';
import type { LogRecord } from '../../domain/detection.ts';
import type { Instant } from '../../domain/time.ts';
import type { StampRecord, StampRows } from './stamp-rows.ts';
import { passable } from '../../domain/stamps.ts';

type Persist = <T>(step: () => Promise<T>) => Promise<T>;

export interface StampGate {
  /**
   * What holds of the partition's stamps up to where these records, which follow an arrival of `soFar`, may be decided.
   * `persist` does a step until it succeeds, or as often as the reader wants.
   */
  pass(partition: number, soFar: Instant, records: readonly LogRecord[], persist: Persist): Promise<Passage>;
}

export interface Passage extends Passable {
  readonly stamps: Stamps;
}

export interface StampGatePorts {
  readonly control: StampRows;
  readonly logLife: number;
  /** The reader's clock. */
  readonly now: () => number;
  /** How far ahead of it a stamp may be; Infinity: whatever is read was decided before. */
  readonly aheadMs: number;
}

/** So far behind a record others are settled with it. */
export const SETTLED_AT_ONCE_MS = 300_000;
/** How often a reader that waits looks whether something was recorded. */
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
    async pass(partition, soFar, records, persist) {
      let record = known.get(partition)?.record ?? (await read(partition, persist));
      for (let isFresh = false; ; isFresh = true) {
        const latest = now() + aheadMs;
        // mutation: stamp-passage
        const passage = passable(soFar, records, record, latest);
        const { reaches, ahead } = passage;
        const isSettled = reaches <= record.settled || records.length === 0;
        const isTold = ahead === null || record.hold?.offset === ahead.offset;
        if (isSettled && isTold && (ahead === null || isFresh || !isDue(partition)))
          return { ...passage, stamps: record };
        // mutation: stamp-settling
        if (isFresh || !isSettled) {
          const settled = isSettled
            ? record.settled
            : (Math.max(reaches, Math.min(reaches + SETTLED_AT_ONCE_MS, latest)) as Instant);
          const hold =
            ahead === null || isTold
              ? record.hold
              : { offset: ahead.offset, stamp: ahead.stamp, since: now() as Instant };
          if (!isSettled || hold !== record.hold)
            await persist(() => control.moveStamps(logLife, partition, record, { ...record, settled, hold }));
        }
        // Whether it was done is read, not believed; what was corrected meanwhile holds.
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

/** A reader has passed its first record, or it would change another correction. */
export interface CorrectionRefused {
  readonly status: 'settled' | 'amid';
  readonly by: StampRecord;
}

/** Records a correction that begins with a record of this stamp, unless somebody has decided that record. */
export async function recordCorrection(
  control: StampRows,
  logLife: number,
  partition: number,
  { from, to }: Correction,
  stamp: number,
): Promise<{ readonly status: 'recorded' | 'present' } | CorrectionRefused> {
  for (let isMine = false; ; isMine = true) {
    const [found] = (await control.stamps(logLife, [partition])) as [StampRecord];
    if (found.corrections.some((each) => each.from === from && each.to === to))
      return { status: isMine ? 'recorded' : 'present' };
    // mutation: correction-overlap
    if (found.corrections.some((each) => each.from <= to && from <= each.to)) return { status: 'amid', by: found };
    // mutation: correction-settled
    if (stamp <= found.settled) return { status: 'settled', by: found };
    // Whether it was done is read, not believed: a reader may have settled it first, or an answer got lost.
    await control.moveStamps(logLife, partition, found, {
      ...found,
      // mutation: correction-record
      corrections: [...found.corrections, { from, to }],
    });
  }
}
