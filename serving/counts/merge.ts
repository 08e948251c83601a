/**
 * Batch ⊕ speed: adds up the cells that a plan's reads brought back.
 *
 * Takes sheets from read.ts, hands sums to the answers. Each cell is added once and to one side: a batch row whose
 * epoch is beyond the horizon, or a speed row whose epoch is not, is not of the plan and is left out, whatever was read
 * (law L5). All partitions' cells of one name are summed; addition is all there is, so the order of rows never matters.
 * Sums are columns, a place for each name or bucket, so that a hundred thousand items are milliseconds.
 */
import type { Parts } from '../answers.ts';
import type { Buckets } from './buckets.ts';
import type { Sheet } from '../cache/sheet.ts';
import type { CountPlan, PlannedRead } from './plan.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';

export interface ReadSheets {
  readonly read: PlannedRead;
  readonly sheets: readonly Sheet[];
  /** The same added up by name already: whole hours of published epochs alone. */
  readonly summed?: Float64Array;
  /** Only cells of this name; −1 if there are none. */
  readonly only?: number;
}

export interface SheetsOfPlan {
  readonly parts: readonly ReadSheets[];
  /** What the numbers in the sheets stand for. */
  readonly names: readonly string[];
}

export interface Sums {
  readonly batch: Float64Array;
  readonly speed: Float64Array;
}

export interface SubjectSums extends Sums {
  /** Of each place in the columns. Those that were not counted in the window have 0. */
  readonly names: readonly string[];
}

const addedUp = new WeakMap<SheetsOfPlan, SubjectSums>();

/** Sums by item or place, over the whole window: added up once for all who share the read. */
export function sumsBySubject(plan: CountPlan, read: SheetsOfPlan): SubjectSums {
  const before = addedUp.get(read);
  if (before) return before;
  const sums = addUp(plan, read);
  addedUp.set(read, sums);
  return sums;
}

function addUp(plan: CountPlan, { parts, names }: SheetsOfPlan): SubjectSums {
  const sums = { batch: new Float64Array(names.length), speed: new Float64Array(names.length) };
  for (const { read, sheets, summed } of parts) {
    const into = sums[read.view];
    if (summed) {
      for (let at = 0; at < summed.length; at++) into[at]! += summed[at]!;
      continue;
    }
    for (const sheet of sheets) {
      if (!isOfView(plan, read, sheet)) continue;
      const { subjects, sums: ofHour } = sheet;
      if (read.level === 'hour_item' || read.level === 'hour_place') {
        for (let cell = 0; cell < subjects.length; cell++) into[subjects[cell]!]! += ofHour[cell]!;
      } else eachMinuteInside(plan, sheet, undefined, (cell, _, count) => (into[subjects[cell]!]! += count));
    }
  }
  return { ...sums, names };
}

/** Sums by bucket. */
export function sumsByBucket(plan: CountPlan, { parts }: SheetsOfPlan, { bounds, at }: Buckets): Sums {
  const sums = { batch: new Float64Array(bounds.length - 1), speed: new Float64Array(bounds.length - 1) };
  for (const { read, sheets, only } of parts) {
    const into = sums[read.view];
    for (const sheet of sheets) {
      if (isOfView(plan, read, sheet)) eachMinuteInside(plan, sheet, only, (_, t, count) => (into[at(t)]! += count));
    }
  }
  return sums;
}

export function totalOf({ batch, speed }: Sums): Parts {
  return { batch: sumOfAll(batch), speed: sumOfAll(speed) };
}

function sumOfAll(counts: Float64Array): number {
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at]!;
  return total;
}

/** Calls `take` with every name that was counted. */
export function eachCounted({ names, batch, speed }: SubjectSums, take: (name: string, count: number) => void): void {
  for (let at = 0; at < batch.length; at++) {
    const count = batch[at]! + speed[at]!;
    if (count > 0) take(names[at]!, count);
  }
}

function isOfView({ horizon }: CountPlan, { view }: PlannedRead, { epoch }: Sheet): boolean {
  return epoch <= (horizon ?? -1) === (view === 'batch');
}

function eachMinuteInside(
  { question: { window } }: CountPlan,
  sheet: Sheet,
  only: number | undefined,
  take: (cell: number, t: number, count: number) => void,
): void {
  const start = sheet.hour * HOUR_MS;
  for (let cell = 0; cell < sheet.subjects.length; cell++) {
    if (only !== undefined && sheet.subjects[cell] !== only) continue;
    sheet.eachMinute(cell, (minute, count) => {
      const t = start + minute * MINUTE_MS;
      if (t >= window.from && t < window.to) take(cell, t, count);
    });
  }
}
