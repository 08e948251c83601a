/**
 * Rows of old generations in the tables of both views (laws L4 and L10).
 *
 * A rebuild switches to a generation with keys of its own and leaves the old generation's rows; `batch prune
 * --generations` removes them here. No generation's number is used twice, so only a worker that has not heard of the
 * switch still writes such rows, and the next prune removes those. A delete names the greatest timestamp of the row's
 * own cells, never a clock's.
 */
import type { Cell, HBaseClient, ScanOptions } from '../../hbase/types.ts';
import { generationRanges } from '../../layout/hbase-ranges.ts';
import { COUNT_FAMILIES, LIST_FAMILY } from '../../layout/hbase.ts';
import { scanRanges } from './count-view.ts';
import { deleteRows } from '../rows/hbase-rows.ts';

export interface OldGenerations {
  /** Rows of each generation below this one that has any. */
  rows(before: number): Promise<Map<number, number>>;
  /** Removes every row of the generations below this one; returns how many they were. */
  drop(before: number): Promise<number>;
}

const FAMILIES = [...COUNT_FAMILIES, LIST_FAMILY];

export function oldGenerations(hbase: HBaseClient, namespace: string): OldGenerations {
  const tables = [`${namespace}:speed_view`, `${namespace}:batch_view`];
  /** Calls `take` for the rows of every earlier generation; returns how many rows each has. */
  const sweep = async (
    before: number,
    options: Pick<ScanOptions, 'keysOnly' | 'batchRows'>,
    take: (table: string, rows: Cell[][]) => Promise<void>,
  ) => {
    const counts = new Map<number, number>();
    for (let generation = 1; generation < before; generation++) {
      for (const table of tables) {
        await scanRanges(hbase, { table, ranges: generationRanges(generation), options }, async (rows) => {
          counts.set(generation, (counts.get(generation) ?? 0) + rows.length);
          await take(table, rows);
        });
      }
    }
    return counts;
  };
  return {
    rows: (before) => sweep(before, { keysOnly: true, batchRows: 1_000 }, async () => undefined),
    async drop(before) {
      const removed = await sweep(before, { batchRows: 200 }, (table, rows) => {
        return deleteRows(
          hbase,
          table,
          rows.map((cells) => ({ row: cells[0]!.row, families: FAMILIES, timestamp: newestOf(cells) })),
        );
      });
      return [...removed.values()].reduce((sum, rows) => sum + rows, 0);
    },
  };
}

const newestOf = (cells: readonly Cell[]): number =>
  cells.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
