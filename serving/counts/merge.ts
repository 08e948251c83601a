/**
 * Batch ⊕ speed: adds up the cells that the reads of a plan returned.
 *
 * It takes sheets from read.ts and returns sums to the questions. Each cell counts once and on one side: a batch row of
 * an epoch after the horizon and a speed row of an epoch up to it are not in the plan, so they are left out, whatever
 * was read (law L5). Cells of one name are summed over all partitions; addition is the only operation, so the order of
 * rows does not matter. Sums are arrays with one number for each name or bucket, so that a hundred thousand items take
 * milliseconds.
 */
import type { Parts } from '../answers.ts';
import type { Buckets } from './buckets.ts';
import type { Sheet } from '../cache/sheet.ts';
import type { CountPlan, PlannedRead } from './plan.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';

export interface ReadSheets {
  readonly read: PlannedRead;
  readonly sheets: readonly Sheet[];
  /** Sums of the sheets by name, if the cache has them: only for whole hours of published epochs. */
  readonly sums?: Float64Array;
  /** If set, only cells of this name count; −1 if no cell has it. */
  readonly onlySubject?: number;
}

export interface SheetsOfPlan {
  readonly parts: readonly ReadSheets[];
  /** The names behind the numbers in the sheets. */
  readonly names: readonly string[];
}

export interface Sums {
  readonly batch: Float64Array;
  readonly speed: Float64Array;
}

export interface SubjectSums extends Sums {
  /** The name of each number in the sums. A name without a count in the window has 0. */
  readonly names: readonly string[];
}

const sumsOfRead = new WeakMap<SheetsOfPlan, SubjectSums>();

/** Sums by item or place over the whole window; questions that share a read share the sums. */
export function sumsBySubject(plan: CountPlan, read: SheetsOfPlan): SubjectSums {
  const known = sumsOfRead.get(read);
  if (known) return known;
  const sums = addUp(plan, read);
  sumsOfRead.set(read, sums);
  return sums;
}

function addUp(plan: CountPlan, { parts, names }: SheetsOfPlan): SubjectSums {
  const sums = { batch: new Float64Array(names.length), speed: new Float64Array(names.length) };
  for (const { read, sheets, sums: sheetSums } of parts) {
    const into = sums[read.view];
    if (sheetSums) {
      for (let at = 0; at < sheetSums.length; at++) into[at]! += sheetSums[at]!;
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
  for (const { read, sheets, onlySubject } of parts) {
    const into = sums[read.view];
    for (const sheet of sheets) {
      if (isOfView(plan, read, sheet))
        eachMinuteInside(plan, sheet, onlySubject, (_, t, count) => (into[at(t)]! += count));
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

/** Calls `take` with every name that has a count. */
export function eachCounted({ names, batch, speed }: SubjectSums, take: (name: string, count: number) => void): void {
  for (let at = 0; at < batch.length; at++) {
    const count = batch[at]! + speed[at]!;
    if (count > 0) take(names[at]!, count);
  }
}

function isOfView({ horizon }: CountPlan, { view }: PlannedRead, { epoch }: Sheet): boolean {
  // mutation: view-of-epoch
  return epoch <= (horizon ?? -1) === (view === 'batch');
}

function eachMinuteInside(
  { question: { window } }: CountPlan,
  sheet: Sheet,
  onlySubject: number | undefined,
  take: (cell: number, t: number, count: number) => void,
): void {
  const start = sheet.hour * HOUR_MS;
  for (let cell = 0; cell < sheet.subjects.length; cell++) {
    if (onlySubject !== undefined && sheet.subjects[cell] !== onlySubject) continue;
    sheet.eachMinute(cell, (minute, count) => {
      const t = start + minute * MINUTE_MS;
      if (t >= window.from && t < window.to) take(cell, t, count);
    });
  }
}
