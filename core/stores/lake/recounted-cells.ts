/**
 * Cells of the batch view as they are after a forgetting that takes counts: a file of the change, while it is under
 * way.
 *
 * batch-layer/changes/recount.ts makes it, work.ts writes the cells into the store of rows from it, and serving lays
 * them over what it reads (serving/cache/recounted-view.ts). A row is one cell; `grp` is −1 in the row of all places;
 * minutes and counts stand in one text: `minute count minute count …`.
 */
import type { Epoch } from '../../domain/epoch.ts';
import type { HourCell, HourKind, HourRowName } from '../../domain/hour-counts.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Duck, Row } from './duckdb.ts';
import { parquet } from './duckdb.ts';

export const RECOUNTED_TABLE = `(epoch BIGINT, hour BIGINT, grp INTEGER, kind VARCHAR, location VARCHAR, item VARCHAR,
  minutes VARCHAR)`;

export interface RecountedCell {
  readonly name: HourRowName;
  readonly cell: HourCell;
}

/** The cells of a local file, those of a row together. */
export async function* recountedCells(duck: Duck, localFile: string): AsyncGenerator<RecountedCell[]> {
  for await (const rows of duck.batches(`SELECT * FROM ${parquet([localFile])} ORDER BY epoch, hour, grp`))
    yield rows.map(cellOf);
}

function cellOf({ epoch, hour, grp, kind, location, item, minutes }: Row): RecountedCell {
  const group = Number(grp) < 0 ? 'all' : Number(grp);
  const name = { group, hour: Number(hour), epoch: Number(epoch) as Epoch } as const;
  const counts = minutes === '' ? [] : String(minutes).split(' ').map(Number);
  const cell = { kind: kind as HourKind, location: location as Oid | '', item: item as string };
  return { name, cell: { ...cell, minutes: counts, upTo: name.epoch } };
}
