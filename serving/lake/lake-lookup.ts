/**
 * Finds one detection in the lake's files of a day: for ids whose row in HBase is gone.
 *
 * It costs what the day weighs, so a day is gone through once for all who seek in it at the time (lake-day.ts), only so
 * many days at a time, and not at all where the day weighs more than a look-up may read. Who leaves is not waited for;
 * with the last one the pass ends.
 */
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { DayPass } from './lake-day.ts';
import type { LookupTerms } from './lake-day.ts';
import type { FindInLake } from './lake-row.ts';
import { passOver } from './lake-day.ts';

/** Nothing is bounded: for a caller that asks alone. */
const ALONE: LookupTerms = { turns: { pass: (_, work) => work() }, mostBytes: Infinity, joinableMs: 0, now: Date.now };

export function lakeLookup(hdfs: Hdfs, terms: LookupTerms = ALONE): { find: FindInLake } {
  const days = new Map<string, DayPass>();
  return {
    find(id, date, asker) {
      let pass = days.get(date);
      if (!pass || pass.isOver || terms.now() - pass.beganAt > terms.joinableMs) {
        const mine = (pass = passOver(hdfs, date, terms));
        days.set(date, mine);
        void mine.ended.finally(() => days.get(date) === mine && days.delete(date));
      }
      return pass.seek(id, asker);
    },
  };
}
