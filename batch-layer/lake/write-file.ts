/**
 * Writes one Parquet file of an epoch on this machine from a SELECT, with key-value metadata, and counts its rows.
 *
 * stage.ts, detections-files.ts and differences.ts write all but the raw files with it. The number of rows in a row
 * group follows from the bytes of their texts: names of five thousand characters make small groups, which fit into the
 * memory of writers and readers.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Archive, LocalFile } from '../model.ts';
import { quoted } from '../../core/stores/lake/duckdb.ts';
import { metadataOf } from './file-metadata.ts';
import { groupRowsFor } from './sizes.ts';

export interface WriteOptions {
  readonly folder: string;
  readonly epoch: string;
  readonly archive: Archive;
  /** How many rows, and bytes of long texts, are sorted at once. A single hour may have more. */
  readonly sortRows?: number;
  readonly sortBytes?: number;
  readonly rowsPerFile?: number;
}

export interface Content {
  readonly select: string;
  /** Columns to sort by; without them rows keep their order. */
  readonly order?: string;
  /** Columns whose texts may be long. */
  readonly texts: readonly string[];
}

export type Write = (path: string, content: Content) => Promise<LocalFile>;

export function fileWriter(duck: Duck, { epoch, folder, archive }: WriteOptions): Write {
  const metadata = metadataOf(epoch, archive.partitions);
  return async (path, content) => {
    const localFile = join(folder, path);
    await mkdir(dirname(localFile), { recursive: true });
    await writeParquet(duck, localFile, content, `KV_METADATA ${metadata}`);
    return { path, localFile, rows: await rowsIn(duck, localFile) };
  };
}

export async function writeParquet(duck: Duck, localFile: string, content: Content, ...more: string[]): Promise<void> {
  const { select, order } = content;
  const options = [
    'FORMAT parquet',
    'COMPRESSION zstd',
    'COMPRESSION_LEVEL 3',
    `ROW_GROUP_SIZE ${await groupRowsOf(duck, content)}`,
    ...more,
  ];
  const sorted = order === undefined ? select : `${select} ORDER BY ${order}`;
  await duck.run(`COPY (${sorted}) TO ${quoted(localFile)} (${options.join(', ')})`);
}

/** Bytes of the columns of fixed width. */
const ROW_BYTES = 100;

async function groupRowsOf(duck: Duck, { select, texts }: Content): Promise<number> {
  const bytes = [String(ROW_BYTES), ...texts.map((column) => `COALESCE(strlen(${column}), 0)`)].join(' + ');
  const weights = await duck.rows(
    `SELECT ${bytes} AS bytes, COUNT(*) AS n FROM (${select}) GROUP BY bytes ORDER BY bytes DESC`,
  );
  return groupRowsFor(weights.map((row) => ({ bytes: Number(row.bytes), rows: Number(row.n) })));
}

/** Reads the number of rows from the footer of a Parquet file. */
export async function rowsIn(duck: Duck, localFile: string): Promise<number> {
  const [count] = await duck.rows(`SELECT num_rows FROM parquet_file_metadata(${quoted(localFile)})`);
  return Number(count!.num_rows);
}
