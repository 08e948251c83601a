/**
 * The data files of the table: what Iceberg's readers want to know of a file of detections before they open it.
 *
 * table.ts asks for them, manifests.ts writes them down. Counts and bounds of columns are those of the Parquet footer,
 * which is fetched without the rest: DuckDB reads it from a file on this machine that is as long as the real one and
 * empty but for its end.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { TableColumn } from './columns.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { openOwnFolder } from '../own-folder.ts';
import { intBound, longBound } from './bounds.ts';
import { TABLE_COLUMNS } from './columns.ts';

export interface TableFile {
  /** Of the lake, relative to the root. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of detection, since 1970. */
  readonly hour: number;
  readonly columns: readonly FileColumn[];
}

export interface FileColumn {
  readonly id: number;
  /** Compressed. */
  readonly bytes: number;
  readonly values: number;
  readonly nulls: number | null;
  /** In Iceberg's form; null for texts and where the writer gave none. */
  readonly lower: Buffer | null;
  readonly upper: Buffer | null;
}

type Context = Pick<BatchContext, 'hdfs' | 'settings' | 'signal'>;

const READS_AT_ONCE = 8;
const FILES_AT_ONCE = 256;
/** Most footers are shorter. */
const TAIL_BYTES = 65_536;
/** The length of the footer, and the magic bytes. */
const END_BYTES = 8;

/** `at`: where a file lies that has not its path yet. */
export async function tableFiles(
  context: Context,
  files: readonly (PublishedFile & { readonly at?: string })[],
): Promise<TableFile[]> {
  if (files.length === 0) return [];
  const own = await openOwnFolder(context.settings.workFolder, `table-${randomUUID()}`);
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(own.path, 'spill') });
  try {
    const made: TableFile[] = [];
    for (let from = 0; from < files.length; from += FILES_AT_ONCE) {
      const some = files.slice(from, from + FILES_AT_ONCE);
      const folder = join(own.path, String(from));
      await mkdir(folder, { recursive: true });
      const locals = some.map((_, at) => join(folder, `${at}.parquet`));
      await inLanes(READS_AT_ONCE, [...some.entries()], ([at, file]) => copyFooter(context, file, locals[at]!));
      const columns = await columnsOf(duck, locals);
      made.push(
        ...some.map(({ path, rows, bytes }, at) => {
          return { path, rows, bytes, hour: hourOf(path), columns: columns.get(locals[at]!) ?? [] };
        }),
      );
    }
    return made;
  } finally {
    duck.close();
    await own.remove();
  }
}

/** From the folder, which is of `timestamp_detected`. */
function hourOf(path: string): number {
  const [, date, hour] = /\/dt=([\d-]+)\/hour=(\d{2})\//.exec(path)!;
  return Date.parse(`${date}T${hour}:00:00Z`) / HOUR_MS;
}

async function copyFooter(
  { hdfs, signal }: Context,
  { path, at = path, bytes }: PublishedFile & { readonly at?: string },
  localFile: string,
): Promise<void> {
  const tail = async (length: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    const range = { offset: bytes - length, bytes: length };
    for await (const chunk of hdfs.readStream(at, { signal }, range)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  let end = await tail(Math.min(bytes, TAIL_BYTES));
  const footer = end.readUInt32LE(end.length - END_BYTES) + END_BYTES;
  if (footer > end.length) end = await tail(Math.min(bytes, footer));
  const file = await open(localFile, 'w');
  try {
    await file.write(end, 0, end.length, bytes - end.length);
  } finally {
    await file.close();
  }
}

/** By the name of the local file. */
async function columnsOf(duck: Duck, locals: readonly string[]): Promise<Map<string, FileColumn[]>> {
  const rows = await duck.rows(`SELECT file_name, path_in_schema AS name,
      SUM(total_compressed_size)::BIGINT AS bytes, SUM(num_values)::BIGINT AS "values",
      CASE WHEN COUNT(stats_null_count) = COUNT(*) THEN SUM(stats_null_count)::BIGINT END AS nulls,
      COUNT(stats_min_value) = COUNT(*) AND COUNT(stats_max_value) = COUNT(*) AS has_bounds,
      MIN(TRY_CAST(stats_min_value AS BIGINT)) AS least, MAX(TRY_CAST(stats_max_value AS BIGINT)) AS greatest,
      MIN(epoch_us(TRY_CAST(stats_min_value AS TIMESTAMPTZ))) AS first,
      MAX(epoch_us(TRY_CAST(stats_max_value AS TIMESTAMPTZ))) AS last
    FROM parquet_metadata([${locals.map((file) => quoted(file)).join(', ')}])
    GROUP BY ALL`);
  const columns = new Map<string, FileColumn[]>();
  for (const row of rows) {
    const column = TABLE_COLUMNS.find(({ name }) => name === row.name);
    if (!column) continue;
    const ofFile = columns.get(String(row.file_name)) ?? [];
    columns.set(String(row.file_name), [...ofFile, columnOf(column, row)]);
  }
  return columns;
}

function columnOf({ id, type }: TableColumn, row: Row): FileColumn {
  const bound = (value: Row[string]): Buffer | null => {
    if (row.has_bounds !== true || typeof value !== 'bigint') return null;
    return type === 'int' ? intBound(Number(value)) : longBound(value);
  };
  const [lower, upper] = type === 'timestamptz' ? [row.first!, row.last!] : [row.least!, row.greatest!];
  const isText = type === 'string';
  return {
    ...{
      id,
      bytes: Number(row.bytes),
      values: Number(row.values),
      nulls: row.nulls === null ? null : Number(row.nulls),
    },
    ...{ lower: isText ? null : bound(lower), upper: isText ? null : bound(upper) },
  };
}
