/**
 * The batch view while a forgetting takes counts: its new cells laid over what the store of rows has.
 *
 * The cells change one by one, and their new values lie in a file of the lake until all are written
 * (batch-layer/changes/recount.ts). Cells are absolute, so an answer is that of afterwards, whichever of them the store
 * has already. count-cache.ts takes this view for the cache that begins with the forgetting.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HourCell } from '../../core/domain/hour-counts.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import { hourCellKey } from '../../core/domain/hour-counts.ts';
import { recountedFile } from '../../core/layout/lake.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { recountedCells } from '../../core/stores/lake/recounted-cells.ts';

type Published = Pick<BatchView, 'published'>;
type Files = Pick<Hdfs, 'facts' | 'download'>;

export function recountedView(view: Published, hdfs: Files, change: number): Published {
  let reading: Promise<Map<string, HourCell>> | null = null;
  const newCells = (): Promise<Map<string, HourCell>> => {
    const begun = (reading ??= readCells(hdfs, change));
    begun.catch(() => reading === begun && (reading = null));
    return begun;
  };
  return {
    async published(question, limits) {
      const cells = await newCells();
      const rows = await view.published(question, limits);
      if (cells.size === 0) return rows;
      return rows.map((row) => ({
        ...row,
        cells: row.cells
          .map((cell) => cells.get(`${row.epoch}/${row.hour} ${hourCellKey(cell)}`) ?? cell)
          .filter(({ minutes }) => minutes.length > 0),
      }));
    },
  };
}

/** None if the file is gone: then all cells are written. */
async function readCells(hdfs: Files, change: number): Promise<Map<string, HourCell>> {
  const cells = new Map<string, HourCell>();
  if (!(await hdfs.facts(recountedFile(change)))) return cells;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-recounted-'));
  const localFile = join(folder, 'counts.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    await hdfs.download(recountedFile(change), localFile);
    for await (const some of recountedCells(duck, localFile))
      for (const { name, cell } of some) cells.set(`${name.epoch}/${name.hour} ${hourCellKey(cell)}`, cell);
    return cells;
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}
