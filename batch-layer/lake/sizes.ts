/**
 * How many bytes the batch layer takes at once: a record has anything from a hundred bytes to a megabyte.
 *
 * raw-file.ts, write-file.ts, reconcile.ts, detections-files.ts, rows-hash.ts and reprocess.ts ask here. How much is
 * sorted, joined or hashed at once follows from BATCH_MEMORY_MB. A vector and a row group of a file have fixed bounds,
 * because a reader of the file may have less memory than its writer. Small records are bounded by their number as well.
 */
import { CHUNK_ROWS } from '../../core/stores/lake/duckdb.ts';

const MB = 1_048_576;

/** The most bytes of a vector in our files: DuckDB reads at least one vector of rows at once. */
export const VECTOR_BYTES = 32 * MB;
/** A writer holds a whole row group, and its pages twice while it compresses them. */
const ROW_GROUP_BYTES = 32 * MB;
/** DuckDB's default: 122,880 rows. */
const GROUP_VECTORS = 60;

/** Bytes of a raw file before compression: two files are filled while a third is written. */
export function rawFileBytesFor(memoryMb: number): number {
  return Math.min(128, memoryMb / 8) * MB;
}

/**
 * Bytes of long texts in the rows that are joined at once: relations and hash tables hold each text up to four times.
 */
export function bucketBytesFor(memoryMb: number): number {
  return (memoryMb / 8) * MB;
}

/** Bytes of long texts in the rows that are sorted or hashed in memory. */
export function sortBytesFor(memoryMb: number): number {
  return (memoryMb / 8) * MB;
}

/** A whole, with room for the rounding errors of added shares. */
export const WHOLE = 1 + 1e-9;

/** The share of the memory that a part uses, by rows and by bytes together: 1 is all of it. */
export function shareOf(
  part: { readonly rows: number; readonly bytes?: number },
  limits: { readonly rows: number; readonly bytes: number },
): number {
  return part.rows / limits.rows + (part.bytes ?? 0) / limits.bytes;
}

/** DuckDB keeps a text of up to twelve bytes within the row. */
const SHORT_TEXT_BYTES = 12;

/** SQL: the bytes of long texts in these columns. */
export function textBytes(columns: readonly string[]): string {
  const parts = columns.map(
    (column) => `CASE WHEN strlen(${column}) > ${SHORT_TEXT_BYTES} THEN strlen(${column}) ELSE 0 END`,
  );
  return parts.join(' + ');
}

/** SQL conditions that cut rows into parts: all rows of a name are in one part, with about `partBytes` of names. */
export function nameParts(column: string, bytes: number, partBytes: number): string[] {
  const parts = Math.max(1, Math.ceil(bytes / partBytes));
  return Array.from({ length: parts }, (_, part) => (parts === 1 ? 'TRUE' : `hash(${column}) % ${parts} = ${part}`));
}

/**
 * How many rows a row group may have, so that every group keeps within ROW_GROUP_BYTES, however the rows are ordered.
 * `weights` says how many rows have how many bytes, the heaviest rows first.
 */
export function groupRowsFor(weights: Iterable<{ readonly bytes: number; readonly rows: number }>): number {
  let free = ROW_GROUP_BYTES;
  let fitting = 0;
  for (const { bytes, rows } of weights) {
    const count = Math.min(rows, Math.floor(free / Math.max(1, bytes)));
    fitting += count;
    free -= count * bytes;
    if (count < rows) return vectorsOf(fitting) * CHUNK_ROWS;
  }
  return GROUP_VECTORS * CHUNK_ROWS;
}

const vectorsOf = (rows: number): number => Math.max(1, Math.min(GROUP_VECTORS, Math.floor(rows / CHUNK_ROWS)));
