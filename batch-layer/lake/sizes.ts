/**
 * How much the batch layer takes at once, in bytes: a record weighs anything from a hundred bytes to a megabyte.
 *
 * raw-file.ts, write-file.ts, reconcile.ts, detections-files.ts, rows-hash.ts and reprocess.ts ask here. What is
 * sorted, joined or hashed at once follows from the memory that BATCH_MEMORY_MB gives. What readers must hold, a vector
 * and a row group of a file, is the same everywhere: whoever reads a file may have less memory than its writer. Bounds
 * by rows stand beside these, for records that weigh little.
 */
import { CHUNK_ROWS } from '../../core/stores/lake/duckdb.ts';

const MB = 1_048_576;

/**
 * DuckDB reads at least a vector of rows at once, as far as its row group goes; so no vector of a file of ours weighs
 * more.
 */
export const VECTOR_BYTES = 32 * MB;
/** A writer gathers a row group, and holds its pages twice while it compresses them. */
const ROW_GROUP_BYTES = 32 * MB;
/** As DuckDB does by itself: 122,880 rows. */
const GROUP_VECTORS = 60;

/** Of a raw file before compression: two are gathered while a third is written. */
export function rawFileBytesFor(memoryMb: number): number {
  return Math.min(128, memoryMb / 8) * MB;
}

/** Long texts of the rows that are joined at once: relations and hash tables hold each up to four times. */
export function bucketBytesFor(memoryMb: number): number {
  return (memoryMb / 8) * MB;
}

/** Long texts of the rows that are sorted, or hashed, in memory. */
export function sortBytesFor(memoryMb: number): number {
  return (memoryMb / 8) * MB;
}

/** A whole, and what adding up shares may be wrong by. */
export const WHOLE = 1 + 1e-9;

/** Of two bounds that share one memory, how much is used up: 1 is all. */
export function shareOf(
  part: { readonly rows: number; readonly bytes?: number },
  most: { readonly rows: number; readonly bytes: number },
): number {
  return part.rows / most.rows + (part.bytes ?? 0) / most.bytes;
}

/** DuckDB keeps a text of twelve bytes within the row. */
const SHORT_TEXT_BYTES = 12;

/** SQL: what these columns weigh beyond their rows. */
export function textBytes(columns: readonly string[]): string {
  const parts = columns.map(
    (column) => `CASE WHEN strlen(${column}) > ${SHORT_TEXT_BYTES} THEN strlen(${column}) ELSE 0 END`,
  );
  return parts.join(' + ');
}

/**
 * SQL conditions that cut rows into parts by their names: all rows of a name are in one part, and no part holds more
 * names than may be held.
 */
export function nameParts(column: string, bytes: number, most: number): string[] {
  const parts = Math.max(1, Math.ceil(bytes / most));
  return Array.from({ length: parts }, (_, part) => (parts === 1 ? 'TRUE' : `hash(${column}) % ${parts} = ${part}`));
}

/**
 * Rows of a row group: the most that keep every group within ROW_GROUP_BYTES, however the rows are ordered. `weights`
 * says how many rows weigh how much, the heaviest first.
 */
export function groupRowsFor(weights: Iterable<{ readonly bytes: number; readonly rows: number }>): number {
  let free = ROW_GROUP_BYTES;
  let fitting = 0;
  for (const { bytes, rows } of weights) {
    const taken = Math.min(rows, Math.floor(free / Math.max(1, bytes)));
    fitting += taken;
    free -= taken * bytes;
    if (taken < rows) return vectorsOf(fitting) * CHUNK_ROWS;
  }
  return GROUP_VECTORS * CHUNK_ROWS;
}

const vectorsOf = (rows: number): number => Math.max(1, Math.min(GROUP_VECTORS, Math.floor(rows / CHUNK_ROWS)));
