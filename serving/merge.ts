/**
 * Batch ⊕ speed: adds up the cells that a plan's reads brought back.
 *
 * Takes rows from read.ts, hands sums to the answers. Each cell is added once and to one side: a batch row whose epoch is beyond
 * the horizon, or a speed row whose epoch is not, is not of the plan and is left out, whatever a store returned (law L5). All
 * partitions' cells of one name are summed; addition is all there is, so the order of rows never matters.
 */
import type { CountCell } from '../core/domain/counts.ts';
import type { CountRow } from '../core/stores/count-view.ts';
import type { Parts } from './answers.ts';
import type { CountPlan, PlannedRead } from './plan.ts';
import { HOUR_MS, MINUTE_MS } from '../core/domain/time.ts';

export interface ReadRows {
  readonly read: PlannedRead;
  readonly rows: readonly CountRow[];
}

export interface Sum {
  batch: number;
  speed: number;
}

/** Sums by item or place, over the whole window. */
export function sumsBySubject(plan: CountPlan, all: readonly ReadRows[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  eachCell(plan, all, (view, _row, cell) => add(sums, cell.subject, view, cell.count));
  return sums;
}

/** Sums by bucket: keys are multiples of stepMs. Buckets without a cell are not there. */
export function sumsByBucket(plan: CountPlan, all: readonly ReadRows[], stepMs: number): Map<number, Sum> {
  const sums = new Map<number, Sum>();
  eachCell(plan, all, (view, row, cell) => {
    const t = row.hour * HOUR_MS + cell.minute * MINUTE_MS;
    add(sums, t - (t % stepMs), view, cell.count);
  });
  return sums;
}

export function totalOf(sums: Iterable<Sum>): Parts {
  const total = { batch: 0, speed: 0 };
  for (const { batch, speed } of sums) {
    total.batch += batch;
    total.speed += speed;
  }
  return total;
}

function add<Key>(sums: Map<Key, Sum>, key: Key, view: 'batch' | 'speed', count: number): void {
  let sum = sums.get(key);
  if (!sum) sums.set(key, (sum = { batch: 0, speed: 0 }));
  sum[view] += count;
}

function eachCell(
  plan: CountPlan,
  all: readonly ReadRows[],
  take: (view: 'batch' | 'speed', row: CountRow, cell: CountCell) => void,
): void {
  const horizon = plan.horizon ?? -1;
  for (const { read, rows } of all) {
    for (const row of rows) {
      const isPublished = row.epoch <= horizon;
      if (isPublished !== (read.view === 'batch')) continue;
      for (const cell of row.cells) {
        if (cell.level === read.level && isInside(plan, read, row, cell)) take(read.view, row, cell);
      }
    }
  }
}

function isInside({ question: { window } }: CountPlan, read: PlannedRead, row: CountRow, cell: CountCell): boolean {
  if (read.level === 'hour_item' || read.level === 'hour_place') return true;
  const t = row.hour * HOUR_MS + cell.minute * MINUTE_MS;
  return t >= window.from && t < window.to;
}
