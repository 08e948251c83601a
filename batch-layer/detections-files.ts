/**
 * The files that people read: cut by date and hour of detection, sorted by place and time, so that a question reads few row groups.
 *
 * stage.ts asks for them. Hours are sorted together as far as memory is meant to hold, once, and the sorted rows are cut by their
 * numbers: a detection is read and sorted once, however many files there are. An hour larger than that is sorted by itself and
 * spills.
 */
import type { Duck } from '../core/stores/duckdb.ts';
import type { LocalFile, Write, WriteOptions } from './write-file.ts';
import { detectionsFile } from '../core/layout/lake.ts';
import { dateOf, HOUR_MS } from '../core/domain/time.ts';
import { DETECTIONS_FILE, textOf } from './statements.ts';

export const ROWS_PER_DETECTIONS_FILE = 5_000_000;
export const SORT_ROWS = 4_000_000;

interface Hour {
  /** Hours since 1970. */
  readonly hour: number;
  readonly rows: number;
}

export async function* detectionsFiles(
  duck: Duck,
  write: Write,
  { epoch, sortRows = SORT_ROWS, rowsPerFile = ROWS_PER_DETECTIONS_FILE }: WriteOptions,
): AsyncGenerator<LocalFile, undefined> {
  const found = await duck.rows(`SELECT ${HOUR} AS hour, COUNT(*) AS n FROM met WHERE is_published GROUP BY hour ORDER BY hour`);
  const hours = found.map(({ hour, n }) => ({ hour: Number(hour), rows: Number(n) }));
  for (const some of sortsOf(hours, sortRows)) {
    await sort(duck, some);
    let from = 0;
    for (const { hour, rows } of some) {
      const to = from + rows;
      for (let n = 0; from < to; n++) {
        const place = { date: dateOf(hour * HOUR_MS), hour: hour % 24, epoch, n };
        const until = Math.min(to, from + rowsPerFile);
        yield await write(detectionsFile(place), `SELECT * FROM sorted WHERE rowid >= ${from} AND rowid < ${until}`);
        from = until;
      }
    }
    await duck.run('DROP TABLE sorted');
  }
}

const HOUR = `timestamp_detected // ${HOUR_MS}`;

/** Neighbours that are sorted together, at least one. */
export function sortsOf<Part extends { readonly rows: number }>(parts: readonly Part[], sortRows: number): Part[][] {
  const sorts: Part[][] = [];
  let rows = Infinity;
  for (const part of parts) {
    if (rows + part.rows > sortRows) {
      sorts.push([]);
      rows = 0;
    }
    sorts.at(-1)!.push(part);
    rows += part.rows;
  }
  return sorts;
}

/** Rows are numbered from 0 in the order in which they were inserted, and DuckDB keeps the order of a sort when it inserts. */
async function sort(duck: Duck, hours: readonly Hour[]): Promise<void> {
  const [from, to] = [hours[0]!.hour * HOUR_MS, (hours.at(-1)!.hour + 1) * HOUR_MS];
  await duck.run(`CREATE TEMP TABLE sorted AS ${textOf(DETECTIONS_FILE)}
    WHERE timestamp_detected >= ${from} AND timestamp_detected < ${to}
    ORDER BY ${HOUR}, geographical_location_oid, timestamp_detected, detection_oid`);
}
