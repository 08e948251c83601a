/**
 * The files that people read: cut by date and hour of detection, sorted by place and time, so that a question reads few
 * row groups.
 *
 * stage.ts asks for them. Hours are sorted together as far as memory is meant to hold, once, and the sorted rows are
 * cut by their numbers: a detection is read and sorted once, however many files there are. An hour larger than that is
 * sorted by itself and spills.
 */
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { LocalFile } from '../model.ts';
import type { Write, WriteOptions } from './write-file.ts';
import { detectionsFile } from '../../core/layout/lake.ts';
import { dateOf, HOUR_MS } from '../../core/domain/time.ts';
import { shareOf, textBytes, WHOLE } from './sizes.ts';
import { DETECTIONS_FILE, textOf } from '../sql/statements.ts';

export const ROWS_PER_DETECTIONS_FILE = 5_000_000;
export const SORT_ROWS = 4_000_000;

/** Before compression: readers fetch a file as a whole. */
const BYTES_PER_DETECTIONS_FILE = 1_073_741_824;

interface Hour {
  /** Hours since 1970. */
  readonly hour: number;
  readonly rows: number;
  /** Of long names. */
  readonly bytes: number;
}

export async function* detectionsFiles(
  duck: Duck,
  write: Write,
  { epoch, sortRows = SORT_ROWS, sortBytes = Infinity, rowsPerFile = ROWS_PER_DETECTIONS_FILE }: WriteOptions,
): AsyncGenerator<LocalFile, undefined> {
  const found =
    await duck.rows(`SELECT ${HOUR} AS hour, COUNT(*) AS n, CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes
    FROM met WHERE is_published GROUP BY hour ORDER BY hour`);
  const hours = found.map(({ hour, n, bytes }) => ({ hour: Number(hour), rows: Number(n), bytes: Number(bytes) }));
  for (const some of sortsOf(hours, sortRows, sortBytes)) {
    await sort(duck, some);
    let from = 0;
    for (const { hour, rows, bytes } of some) {
      const to = from + rows;
      const inFile = Math.min(rowsPerFile, Math.ceil(rows / Math.ceil((bytes + 1) / BYTES_PER_DETECTIONS_FILE)));
      for (let n = 0; from < to; n++) {
        const place = { date: dateOf(hour * HOUR_MS), hour: hour % 24, epoch, n };
        const until = Math.min(to, from + inFile);
        const select = `SELECT * FROM sorted WHERE rowid >= ${from} AND rowid < ${until}`;
        yield await write(detectionsFile(place), { select, texts: ['item_name', 'geographical_location'] });
        from = until;
      }
    }
    await duck.run('DROP TABLE sorted');
  }
}

const HOUR = `timestamp_detected // ${HOUR_MS}`;

/** Neighbours that are sorted together, at least one. */
export function sortsOf<Part extends { readonly rows: number; readonly bytes?: number }>(
  parts: readonly Part[],
  sortRows: number,
  sortBytes = Infinity,
): Part[][] {
  const sorts: Part[][] = [];
  let taken = Infinity;
  for (const part of parts) {
    const share = shareOf(part, { rows: sortRows, bytes: sortBytes });
    if (taken + share > WHOLE) {
      sorts.push([]);
      taken = 0;
    }
    sorts.at(-1)!.push(part);
    taken += share;
  }
  return sorts;
}

/**
 * Rows are numbered from 0 in the order in which they were inserted, and DuckDB keeps the order of a sort when it
 * inserts.
 */
async function sort(duck: Duck, hours: readonly Hour[]): Promise<void> {
  const [from, to] = [hours[0]!.hour * HOUR_MS, (hours.at(-1)!.hour + 1) * HOUR_MS];
  await duck.run(`CREATE TEMP TABLE sorted AS ${textOf(DETECTIONS_FILE)}
    WHERE timestamp_detected >= ${from} AND timestamp_detected < ${to}
    ORDER BY ${HOUR}, geographical_location_oid, timestamp_detected, detection_oid`);
}
