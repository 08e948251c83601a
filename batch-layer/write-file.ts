/**
 * One Parquet file of an epoch on this machine, from a SELECT: compressed, described by its key-value metadata, counted.
 *
 * stage.ts and detections-files.ts write all but the raw files by it.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Duck } from '../core/stores/duckdb.ts';
import type { Archive } from './archive.ts';
import { quoted } from '../core/stores/duckdb.ts';
import { metadataOf } from './metadata.ts';

/** A file of the epoch on this machine, with its place in the lake. */
export interface LocalFile {
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

export interface WriteOptions {
  readonly folder: string;
  readonly epoch: string;
  readonly archive: Archive;
  /** How many rows are sorted at once, at least those of one hour. */
  readonly sortRows?: number;
  readonly rowsPerFile?: number;
}

export type Write = (path: string, select: string) => Promise<LocalFile>;

export function writing(duck: Duck, { epoch, folder, archive }: WriteOptions): Write {
  const metadata = metadataOf(epoch, archive.partitions);
  return async (path, select) => {
    const localFile = join(folder, path);
    await mkdir(dirname(localFile), { recursive: true });
    await duck.run(
      `COPY (${select}) TO ${quoted(localFile)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, KV_METADATA ${metadata})`,
    );
    return { path, localFile, rows: await rowsIn(duck, localFile) };
  };
}

/** From the footer of a Parquet file. */
export async function rowsIn(duck: Duck, localFile: string): Promise<number> {
  const [count] = await duck.rows(`SELECT num_rows FROM parquet_file_metadata(${quoted(localFile)})`);
  return Number(count!.num_rows);
}
