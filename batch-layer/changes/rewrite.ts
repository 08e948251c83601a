/** Writes a Parquet file of the lake again from a SELECT, with the row groups and the metadata of the old one. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { quoted } from '../../core/stores/lake/duckdb.ts';
import { rowsIn } from '../lake/write-file.ts';

export interface Rewritten {
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
  /** Of the manifests that name it. */
  readonly epochs: string[];
}

/** Returns the number of rows that were written. */
export async function rewriteFile(duck: Duck, localFile: string, select: string, target: string): Promise<number> {
  await mkdir(dirname(target), { recursive: true });
  const { groupRows, metadata } = await factsOf(duck, localFile);
  await duck.run(`COPY (${select}) TO ${quoted(target)}
    (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE ${groupRows}, KV_METADATA ${metadata})`);
  return rowsIn(duck, target);
}

/** Rows of the largest row group, and the key-value metadata: those of the new file. */
async function factsOf(duck: Duck, localFile: string): Promise<{ groupRows: number; metadata: string }> {
  const [groups] = await duck.rows(
    `SELECT COALESCE(MAX(row_group_num_rows), 0) AS n FROM parquet_metadata(${quoted(localFile)})`,
  );
  const fields = await duck.rows(
    `SELECT decode(key) AS name, decode(value) AS value FROM parquet_kv_metadata(${quoted(localFile)})`,
  );
  const ours = fields.filter(({ name }) => ['version', 'epoch', 'offsets'].includes(String(name)));
  const metadata = ours.map(({ name, value }) => `${String(name)}: ${quoted(String(value))}`).join(', ');
  return { groupRows: Math.max(2_048, Number(groups!.n)), metadata: `{${metadata}}` };
}
