/**
 * Writes the files that people read: one or more for each date and hour of detection, sorted by place and time, so that
 * a query reads few row groups.
 *
 * stage.ts asks for them. As many hours as memory holds are sorted at once, and the sorted rows are cut into files by
 * their row numbers. So each detection is read and sorted once, however many files there are. An hour that is larger
 * than memory is sorted alone, and DuckDB spills to disk.
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

/** Before compression. Readers fetch a file as a whole. */
const BYTES_PER_DETECTIONS_FILE = 1_073_741_824;

interface Hour {
  /** Hours since 1970. */
  readonly hour: number;
  readonly rows: number;
  /** Bytes of long names. */
  readonly bytes: number;
}

export async function* detectionsFiles(
  duck: Duck,
  write: Write,
  { epoch, sortRows = SORT_ROWS, sortBytes = Infinity, rowsPerFile = ROWS_PER_DETECTIONS_FILE }: WriteOptions,
): AsyncGenerator<LocalFile, undefined> {
  const sums =
    await duck.rows(`SELECT ${HOUR} AS hour, COUNT(*) AS n, CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes
    FROM met WHERE is_published GROUP BY hour ORDER BY hour`);
  const hours = sums.map(({ hour, n, bytes }) => ({ hour: Number(hour), rows: Number(n), bytes: Number(bytes) }));
  for (const group of sortGroups(hours, sortRows, sortBytes)) {
    await sort(duck, group);
    let from = 0;
    for (const { hour, rows, bytes } of group) {
      const to = from + rows;
      const inFile = Math.min(rowsPerFile, Math.ceil(rows / Math.ceil((bytes + 1) / BYTES_PER_DETECTIONS_FILE)));
      for (let n = 0; from < to; n++) {
        const path = detectionsFile({ date: dateOf(hour * HOUR_MS), hour: hour % 24, epoch, n });
        const until = Math.min(to, from + inFile);
        const select = `SELECT * FROM sorted WHERE rowid >= ${from} AND rowid < ${until}`;
        yield await write(path, { select, texts: ['item_name', 'geographical_location'] });
        from = until;
      }
    }
    await duck.run('DROP TABLE sorted');
  }
}

const HOUR = `timestamp_detected // ${HOUR_MS}`;

/** Groups neighbouring parts that are sorted together; a group has at least one part. */
export function sortGroups<Part extends { readonly rows: number; readonly bytes?: number }>(
  parts: readonly Part[],
  sortRows: number,
  sortBytes = Infinity,
): Part[][] {
  const groups: Part[][] = [];
  let usedShare = Infinity;
  for (const part of parts) {
    const share = shareOf(part, { rows: sortRows, bytes: sortBytes });
    if (usedShare + share > WHOLE) {
      groups.push([]);
      usedShare = 0;
    }
    groups.at(-1)!.push(part);
    usedShare += share;
  }
  return groups;
}

/** DuckDB inserts rows in the order of the sort, and numbers them from 0 in the order of insertion (rowid). */
async function sort(duck: Duck, hours: readonly Hour[]): Promise<void> {
  const [from, to] = [hours[0]!.hour * HOUR_MS, (hours.at(-1)!.hour + 1) * HOUR_MS];
  await duck.run(`CREATE TEMP TABLE sorted AS ${textOf(DETECTIONS_FILE)}
    WHERE timestamp_detected >= ${from} AND timestamp_detected < ${to}
    ORDER BY ${HOUR}, geographical_location_oid, timestamp_detected, detection_oid`);
}
