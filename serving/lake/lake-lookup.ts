/**
 * Finds one detection in the lake's files of a day, after HBase has deleted its row.
 *
 * A lookup costs as much as the day is large. So all lookups of a day share one pass (lake-day.ts), few days are read
 * at the same time, and a day above the limit is refused. A pass ends when the last caller has left.
 */
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { LakeRow } from '../../core/stores/lake/lake-row.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { DayPass } from './lake-day.ts';
import type { LookupOptions } from './lake-day.ts';
import { startDayPass } from './lake-day.ts';

/** Looks up a detection in the lake's files of a day; null if it is not there. */
export type FindInLake = (id: Oid, date: string, limits?: Allowance) => Promise<LakeRow | null>;

/** Without limits, for a single caller. */
const ALONE: LookupOptions = { queue: { run: (_, work) => work() }, mostBytes: Infinity, joinableMs: 0, now: Date.now };

export function lakeLookup(hdfs: Hdfs, options: LookupOptions = ALONE): { find: FindInLake } {
  const days = new Map<string, DayPass>();
  return {
    find(id, date, waiter) {
      let pass = days.get(date);
      if (!pass || pass.isOver || options.now() - pass.startedAt > options.joinableMs) {
        const mine = (pass = startDayPass(hdfs, date, options));
        days.set(date, mine);
        void mine.ended.finally(() => days.get(date) === mine && days.delete(date));
      }
      return pass.seek(id, waiter);
    },
  };
}
