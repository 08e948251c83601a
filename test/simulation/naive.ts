/**
 * The naive count: what the laws promise, worked out from the whole log at once with sets and plain sums.
 *
 * No cells, no caches, no replay. It shares with the product only what says what a record is (judge) and what an epoch is.
 */
import { arrivalAfter, BEFORE_ALL } from '../../core/domain/arrival.ts';
import { epochOf } from '../../core/domain/epoch.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import { judge } from '../../core/domain/verdict.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';

export interface NaiveCount {
  /** Per partition. */
  readonly tallies: Omit<Tallies, 'dead_letters_by_reason'>[];
  /** "epoch place minute item" → how many. */
  readonly counts: ReadonlyMap<string, number>;
  /** id → the position that first met it last. */
  readonly firstMet: ReadonlyMap<string, string>;
  /** "place id" of everything that counts. */
  readonly listed: ReadonlySet<string>;
  readonly deadLetters: ReadonlySet<string>;
  readonly strays: ReadonlySet<string>;
  /** Per partition, arrival at each offset. */
  readonly arrivals: number[][];
}

export function naiveCount(partitions: readonly (readonly (LogRecord | null)[])[], rules: Rules): NaiveCount {
  const counts = new Map<string, number>();
  const firstMet = new Map<string, string>();
  const listed = new Set<string>();
  const deadLetters = new Set<string>();
  const strays = new Set<string>();
  const arrivals: number[][] = [];
  const windowMs = (rules.dedupWindowDays + rules.clockAheadDays) * DAY_MS;
  const tallies = partitions.map((records) => {
    const tally = { new: 0, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0 };
    const metAt = new Map<string, number>();
    let arrival = BEFORE_ALL;
    const reached: number[] = [];
    for (const record of records) {
      if (record) arrival = arrivalAfter(arrival, record.stamp);
      reached.push(arrival);
      if (!record) continue;
      const where = `${record.partition}/${record.offset}`;
      const verdict = judge(record, arrival, rules);
      if (verdict.kind === 'tick') tally.ticks++;
      else if (verdict.kind === 'dead_letter') {
        tally.dead_letters++;
        deadLetters.add(where);
      } else if (verdict.kind === 'stray') {
        tally.strays++;
        strays.add(where);
      } else {
        const { id, location, item, detectedAt } = verdict.detection;
        if (arrival - (metAt.get(id) ?? -Infinity) <= windowMs) {
          tally.copies++;
          continue;
        }
        metAt.set(id, arrival);
        firstMet.set(id, where);
        if (arrival - detectedAt > rules.dedupWindowDays * DAY_MS) tally.deferred++;
        else {
          tally.new++;
          const cell = `${epochOf(arrival, rules)} ${location} ${Math.floor(detectedAt / MINUTE_MS)} ${item}`;
          counts.set(cell, (counts.get(cell) ?? 0) + 1);
          listed.add(`${epochOf(arrival, rules)} ${location} ${Math.floor(detectedAt / HOUR_MS)} ${detectedAt} ${id}`);
        }
      }
    }
    arrivals.push(reached);
    return tally;
  });
  return { tallies, counts, firstMet, listed, deadLetters, strays, arrivals };
}
