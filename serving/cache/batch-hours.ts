/**
 * Hours of the batch view, remembered for as long as there is room: what is published never changes (law L9).
 *
 * An hour is known up to an epoch. When the horizon has moved since, the rows of the epochs after it are read and added, so an hour is
 * read once and each epoch of it once. Sheets keep their epochs: a question on an earlier seam leaves out what it must not count.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchView } from '../../core/stores/batch-view.ts';
import type { HourLevel, Hours } from '../../core/stores/count-view.ts';
import type { Budget } from './budget.ts';
import type { Names } from './names.ts';
import type { Sheet } from './sheet.ts';
import { inTurn } from './in-turn.ts';
import { PackedSheet } from './sheet.ts';

export interface BatchHours {
  /** Of all epochs up to the horizon, and perhaps of later ones. */
  sheets(scope: Scope, level: HourLevel, horizon: Epoch, hours: Hours): Promise<Sheet[]>;
  /** Sums of whole hours by name, out of their sheets; remembered too where the cells are many. Later names are beyond its end. */
  sums(scope: Scope, level: HourLevel, horizon: Epoch, hours: Hours, sheets: readonly Sheet[]): Float64Array;
}

interface KnownHour {
  readonly upTo: number;
  readonly sheets: readonly PackedSheet[];
}

/** A longer window is read anew each time: more hours than these are no view that somebody watches. */
const MOST_HOURS = 1_008;
const NOTHING: KnownHour = { upTo: -1, sheets: [] };
const EMPTY_BYTES = 200;

export function batchHours(view: Pick<BatchView, 'published'>, names: Names, budget: Budget): BatchHours {
  const known = new Map<string, KnownHour>();
  const turn = inTurn();
  const knownSums = new Map<string, Float64Array>();
  return {
    sums(scope, level, horizon, { from, to }, sheets) {
      const key = `sums ${level} ${scope} ${horizon} ${from} ${to}`;
      const before = knownSums.get(key);
      if (before) {
        budget.used(key);
        return before;
      }
      const sums = summed(sheets, horizon, names.list.length);
      if (sheets.reduce((cells, { subjects }) => cells + subjects.length, 0) > sums.length) {
        knownSums.set(key, sums);
        budget.holds(key, sums.byteLength, () => knownSums.delete(key));
      }
      return sums;
    },
    async sheets(scope, level, horizon, hours) {
      if (hours.to - hours.from >= MOST_HOURS) {
        const rows = await view.published(scope, level, hours, { after: NOTHING.upTo, upTo: horizon });
        return rows.map((row) => new PackedSheet(row, level, names));
      }
      const keyOf = (hour: number): string => `batch ${level} ${scope} ${hour}`;
      const hoursAsked = Array.from({ length: hours.to - hours.from + 1 }, (_, at) => hours.from + at);
      const ready = hoursAsked.map((hour) => known.get(keyOf(hour)) ?? NOTHING);
      // Nothing to read: not held up by a look on a later seam that is under way.
      if (ready.every(({ upTo }) => upTo >= horizon)) {
        for (const hour of hoursAsked) budget.used(keyOf(hour));
        return ready.flatMap(({ sheets }) => sheets);
      }
      return turn(`${level} ${scope}`, async () => {
        const found = new Map<number, KnownHour>();
        for (const hour of hoursAsked) found.set(hour, known.get(keyOf(hour)) ?? NOTHING);
        await Promise.all(
          runsOf(found, horizon).map(async ({ from, to, upTo }) => {
            const rows = await view.published(scope, level, { from, to }, { after: upTo, upTo: horizon });
            for (let hour = from; hour <= to; hour++) {
              const more = rows.filter((row) => row.hour === hour).map((row) => new PackedSheet(row, level, names));
              found.set(hour, { upTo: horizon, sheets: [...found.get(hour)!.sheets, ...more] });
            }
          }),
        );
        for (const [hour, knownHour] of found) {
          const key = keyOf(hour);
          if (known.get(key) === knownHour) budget.used(key);
          else {
            known.set(key, knownHour);
            budget.holds(key, knownHour.sheets.reduce((sum, { bytes }) => sum + bytes, EMPTY_BYTES), () => known.delete(key));
          }
        }
        return [...found.values()].flatMap(({ sheets }) => sheets);
      });
    },
  };
}

function summed(sheets: readonly Sheet[], horizon: number, size: number): Float64Array {
  const into = new Float64Array(size);
  for (const { epoch, subjects, sums } of sheets) {
    if (epoch > horizon) continue;
    for (let cell = 0; cell < subjects.length; cell++) into[subjects[cell]!]! += sums[cell]!;
  }
  return into;
}

/** Neighbouring hours that are known up to the same epoch before the horizon: one read each. */
function runsOf(hours: ReadonlyMap<number, KnownHour>, horizon: number): (Hours & { upTo: number })[] {
  const runs: { from: number; to: number; upTo: number }[] = [];
  for (const [hour, { upTo }] of hours) {
    if (upTo >= horizon) continue;
    const last = runs.at(-1);
    if (last && last.to === hour - 1 && last.upTo === upTo) last.to = hour;
    else runs.push({ from: hour, to: hour, upTo });
  }
  return runs;
}
