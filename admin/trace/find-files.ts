/**
 * Looks a detection up in the files of the lake: the raw file that keeps its record, the file of detections that holds
 * its row, and in which row group.
 *
 * trace.ts asks for each record that counts, and for a day of the lake where nothing else knows the id. The manifest of
 * the epoch names the files; each candidate is fetched whole, looked through and removed, as long as the bound on bytes
 * lasts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { FirstMetInLake } from '../../core/stores/lake/lake-row.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { TracedFile } from './model.ts';
import { dateOf } from '../../core/domain/time.ts';
import { epochOfDetectionsFile, isChangedFile, LAKE, rawFolder } from '../../core/layout/lake.ts';
import { dayFiles } from '../../core/stores/lake/day-files.ts';
import { openDuck, parquet, quoted } from '../../core/stores/lake/duckdb.ts';
import { LAKE_ROW, lakeRow } from '../../core/stores/lake/lake-row.ts';

const MEMORY_MB = 256;

/** How many bytes of files may still be fetched. */
export interface ByteBound {
  left: number;
}

export type MetInLog = Pick<FirstMet, 'partition' | 'offset' | 'detection'>;

export interface EpochFiles {
  /** Its name. */
  readonly epoch: string;
  /** The manifest of the epoch, or null while it is not published. */
  readonly run: RunReport | null;
}

export async function findFiles(
  hdfs: Hdfs,
  met: MetInLog,
  { epoch, run }: EpochFiles,
  bound: ByteBound,
): Promise<TracedFile[]> {
  const paths = run ? run.files.map(({ path }) => path) : (await hdfs.list(rawFolder(epoch))).map(({ path }) => path);
  const found: TracedFile[] = [];
  for (const candidate of candidates(paths, met, epoch)) found.push(await lookInto(hdfs, candidate, met, bound));
  return found;
}

const RAW_NAME = /\/part-(?:l\d+-)?(\d+)-(\d+)-(\d+)\.parquet$/;

/** Files that can hold the record or the row, by their names. */
export function candidates(
  paths: readonly string[],
  { partition, offset, detection }: MetInLog,
  epoch: string,
): { table: TracedFile['table']; path: string }[] {
  const hour = String(new Date(detection.detectedAt).getUTCHours()).padStart(2, '0');
  const folder = `${LAKE}/detections/dt=${dateOf(detection.detectedAt)}/hour=${hour}/`;
  return paths.flatMap((path): { table: TracedFile['table']; path: string }[] => {
    if (path.startsWith(`${folder}${epoch}-`) || (path.startsWith(folder) && isChangedFile(path)))
      return [{ table: 'detections', path }];
    const [, of, first, last] = RAW_NAME.exec(path) ?? [];
    const isInside = Number(of) === partition && Number(first) <= offset && offset <= Number(last);
    return path.startsWith(`${rawFolder(epoch)}/`) && isInside ? [{ table: 'raw', path }] : [];
  });
}

async function lookInto(
  hdfs: Hdfs,
  { table, path }: Pick<TracedFile, 'table' | 'path'>,
  { partition, offset, detection }: MetInLog,
  bound: ByteBound,
): Promise<TracedFile> {
  const facts = await hdfs.facts(path);
  const nothing = {
    table,
    path,
    bytes: facts?.bytes ?? 0,
    written_at: facts?.modifiedAtMs ?? 0,
    row_group: null,
    row: null,
  };
  if (!facts) return { ...nothing, state: 'not_there' };
  if (facts.bytes > bound.left) return { ...nothing, state: 'not_read' };
  bound.left -= facts.bytes;
  const isIt =
    table === 'raw'
      ? `kafka_offset = ${offset}`
      : `detection_oid = ${BigInt(detection.id)} AND kafka_partition = ${partition} AND kafka_offset = ${offset}`;
  return withFile(hdfs, path, async (duck, local) => {
    const [row] = await duck.rows(
      `SELECT file_row_number AS row
       FROM read_parquet(${quoted(local)}, file_row_number = true, hive_partitioning = false) WHERE ${isIt}`,
    );
    if (!row) return { ...nothing, state: 'lacks_it' };
    const groups = await duck.rows(
      `SELECT DISTINCT row_group_id AS id, row_group_num_rows AS rows
       FROM parquet_metadata(${quoted(local)}) ORDER BY id`,
    );
    const at = Number(row.row);
    return {
      ...nothing,
      state: 'holds_it',
      row: at,
      row_group: groupOf(
        at,
        groups.map(({ rows }) => Number(rows)),
      ),
    };
  });
}

/** The number of the row group in which a row of the file lies. */
export function groupOf(row: number, rowsOfGroups: readonly number[]): number {
  let before = 0;
  return rowsOfGroups.findIndex((rows) => (before += rows) > row);
}

/** The newest row of an id in a day of the lake; `isWhole`: every file of the day was looked through. */
export async function findInDay(
  hdfs: Hdfs,
  id: Oid,
  { date, published }: { readonly date: string; readonly published: ReadonlySet<string> },
  bound: ByteBound,
): Promise<{ met: FirstMetInLake | null; isWhole: boolean }> {
  const files = (await dayFiles(hdfs).below(`${LAKE}/detections/dt=${date}`)).reverse();
  let isWhole = true;
  for (const { path, bytes } of files) {
    if (!published.has(epochOfDetectionsFile(path))) continue;
    if (bytes > bound.left) {
      isWhole = false;
      continue;
    }
    bound.left -= bytes;
    const [row] = await withFile(hdfs, path, (duck, local) =>
      duck.rows(`SELECT ${LAKE_ROW} FROM ${parquet([local])} WHERE detection_oid = ${BigInt(id)}`),
    );
    if (row) return { met: lakeRow(row).firstMet, isWhole };
  }
  return { met: null, isWhole };
}

async function withFile<T>(hdfs: Hdfs, path: string, work: (duck: Duck, local: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-trace-'));
  let duck: Duck | null = null;
  try {
    const local = join(folder, 'file.parquet');
    await hdfs.download(path, local);
    duck = await openDuck({ memoryMb: MEMORY_MB, threads: 1, spillFolder: folder });
    return await work(duck, local);
  } finally {
    duck?.close();
    await rm(folder, { recursive: true, force: true });
  }
}
