/**
 * The rows `stamps/<log life>/<partition>` of the table `control`: how far a partition's stamps are settled, and its
 * corrections.
 *
 * Timestamp = number of the change. Only check-and-puts move these rows: when a reader passes a stamp and an operator
 * corrects it, one of them comes first and the other sees it (stamp-gate.ts). They belong to a life of the log, not to
 * a generation: a rebuild reads the same arrivals.
 *
 *   stamps/1/3   {"change":7,"corrections":[{"from":120,"to":163}],"hold":null,"settled":1795447726574}
 */
import { z } from 'zod';
import type { Stamps } from '../../domain/stamps.ts';
import type { Instant } from '../../domain/time.ts';
import type { JsonAgreements } from '../rows/json-rows.ts';

/** Where the first reader waits, while the record is ahead (domain/stamps.ts). For people; it decides nothing. */
export interface Hold {
  readonly offset: number;
  readonly stamp: number;
  /** By the clock of the first reader that waited. */
  readonly since: Instant;
}

export interface StampRecord extends Stamps {
  /** Raised by each change. */
  readonly change: number;
  readonly hold: Hold | null;
}

export interface StampRows {
  /** One record a partition; change 0 if nobody has changed it yet. */
  stamps(logLife: number, partitions: readonly number[]): Promise<StampRecord[]>;
  /** Records `to`; false if `from` is not (any more) what is recorded. */
  moveStamps(logLife: number, partition: number, from: StampRecord, to: Omit<StampRecord, 'change'>): Promise<boolean>;
}

export const NOT_SETTLED: StampRecord = { change: 0, settled: -1 as Instant, corrections: [], hold: null };

export function stampRows(cell: JsonAgreements): StampRows {
  const rowOf = (logLife: number, partition: number): string => `stamps/${logLife}/${partition}`;
  return {
    async stamps(logLife, partitions) {
      const rows = await cell.readAll(
        partitions.map((partition) => rowOf(logLife, partition)),
        readStamps,
      );
      return rows.map((row) => row ?? NOT_SETTLED);
    },
    moveStamps(logLife, partition, from, to) {
      const next: StampRecord = { ...to, change: from.change + 1 };
      return cell.move(
        from.change === 0 ? null : from,
        { row: rowOf(logLife, partition), timestamp: next.change, json: next },
        readStamps,
      );
    },
  };
}

const whole = z.number().int();
const StampsJson = z.object({
  change: whole,
  settled: whole,
  corrections: z.array(z.looseObject({ from: whole, to: whole })),
  hold: z.object({ offset: whole, stamp: whole, since: whole }).nullable(),
});
const readStamps = (json: unknown): StampRecord => StampsJson.parse(json) as unknown as StampRecord;
