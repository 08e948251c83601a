/**
 * Stage: the epoch's Parquet files, written here, uploaded to staging and read back, byte for byte.
 *
 * reconcile.ts left the tables, archive.ts the raw files; intent.ts lists what this returns. Files are cut by date and hour of
 * detection and sorted by place and time, so that a question reads few row groups. Each attempt stages in a folder of its own: a
 * run that was taken for dead cannot write into another's files.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Duck } from '../core/stores/duckdb.ts';
import type { Archive } from './archive.ts';
import type { BatchContext } from './context.ts';
import type { LocalCopies } from './local-copies.ts';
import { nameOf } from '../core/domain/epoch.ts';
import { conflictsFile, detectionsFile, locationsFile, metFile, stagingFolder, topItemsFile } from '../core/layout/lake.ts';
import { DAY_MS } from '../core/domain/time.ts';
import { Retryable } from '../core/process/errors.ts';
import { COMMAND_RETRY, retrying } from '../core/process/retry.ts';
import { quoted } from '../core/stores/duckdb.ts';
import { sha256Of } from './local-copies.ts';
import { metadataOf } from './metadata.ts';
import { DETECTIONS_FILE, textOf, TOP_ITEMS_FILE } from './statements.ts';

/** A file of the epoch on this machine, with its place in the lake. */
export interface LocalFile {
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

export interface StagedFile {
  /** Where it belongs, and where it waits; both relative to the root. */
  readonly path: string;
  readonly staged: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
}

export const ROWS_PER_DETECTIONS_FILE = 5_000_000;
const UPLOADS_AT_ONCE = 3;

// ---- writing -------------------------------------------------------------------------------------------------------

export interface WriteOptions {
  readonly folder: string;
  readonly epoch: string;
  readonly archive: Archive;
  readonly rowsPerFile?: number;
}

/** Writes every file of the epoch but the raw ones, which are there; returns all. */
export async function writeFiles(duck: Duck, options: WriteOptions): Promise<LocalFile[]> {
  const { epoch, archive } = options;
  const write = writing(duck, options);
  return [
    ...rawFilesOf(archive),
    ...(await detectionsFiles(duck, epoch, write, options.rowsPerFile ?? ROWS_PER_DETECTIONS_FILE)),
    ...(await topItemsFiles(duck, epoch, write)),
    await write(locationsFile(epoch), LOCATIONS),
    await write(metFile(epoch), 'SELECT * FROM met ORDER BY kafka_partition, kafka_offset'),
    ...(await conflictFiles(duck, epoch, write)),
  ];
}

/** Only what an engine elsewhere reads: the raw files and dataset B, from the table `locations`. */
export async function writeSources(duck: Duck, options: WriteOptions): Promise<LocalFile[]> {
  return [...rawFilesOf(options.archive), await writing(duck, options)(locationsFile(options.epoch), LOCATIONS)];
}

const LOCATIONS = 'SELECT * FROM locations ORDER BY geographical_location_oid';

function rawFilesOf({ files }: Archive): LocalFile[] {
  return files.map(({ path, localFile, rows }) => ({ path, localFile, rows }));
}

type Write = (path: string, select: string) => Promise<LocalFile>;

function writing(duck: Duck, { epoch, folder, archive }: WriteOptions): Write {
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

/** All of them: the report lists the first. */
async function conflictFiles(duck: Duck, epoch: string, write: Write): Promise<LocalFile[]> {
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM conflicts');
  if (Number(count!.n) === 0) return [];
  return [await write(conflictsFile(epoch), 'SELECT * FROM conflicts ORDER BY kafka_partition, kafka_offset')];
}

const HOUR = 'timestamp_detected // 3600000';

async function detectionsFiles(duck: Duck, epoch: string, write: Write, rowsPerFile: number): Promise<LocalFile[]> {
  const hours = await duck.rows(`SELECT ${HOUR} AS hour, COUNT(*) AS n FROM detections GROUP BY hour ORDER BY hour`);
  const files: LocalFile[] = [];
  for (const { hour, n: rows } of hours) {
    const parts = Math.ceil(Number(rows) / rowsPerFile);
    for (let n = 0; n < parts; n++) {
      const place = { date: dateOfHour(Number(hour)), hour: Number(hour) % 24, epoch, n };
      const part = parts === 1 ? '' : ` LIMIT ${rowsPerFile} OFFSET ${n * rowsPerFile}`;
      files.push(
        await write(
          detectionsFile(place),
          `${textOf(DETECTIONS_FILE)} WHERE ${HOUR} = ${Number(hour)}
          ORDER BY geographical_location_oid, timestamp_detected, detection_oid${part}`,
        ),
      );
    }
  }
  return files;
}

async function topItemsFiles(duck: Duck, epoch: string, write: Write): Promise<LocalFile[]> {
  const days = await duck.rows(`SELECT DISTINCT ${HOUR} // 24 AS day FROM detections ORDER BY day`);
  const files: LocalFile[] = [];
  for (const { day } of days) {
    files.push(
      await write(
        topItemsFile({ date: dateOfHour(Number(day) * 24), epoch }),
        `SELECT * EXCLUDE (day) FROM (${textOf(TOP_ITEMS_FILE)}) WHERE day = ${Number(day) * DAY_MS}
        ORDER BY hour, geographical_location_oid, detections DESC, item_name`,
      ),
    );
  }
  return files;
}

function dateOfHour(hour: number): string {
  return new Date(hour * 3_600_000).toISOString().slice(0, 10);
}

// ---- uploading -----------------------------------------------------------------------------------------------------

export async function stageFiles(
  context: BatchContext,
  epoch: Epoch,
  attempt: string,
  files: readonly LocalFile[],
  copies: LocalCopies,
): Promise<StagedFile[]> {
  const folder = `${stagingFolder(nameOf(epoch, context.rules))}/${attempt}`;
  const staged: StagedFile[] = [];
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      context.signal.throwIfAborted();
      staged.push(await stageFile(context, folder, file, copies));
      context.say.progress('stage', staged.length, 'files', files.length);
      await context.reached('staged_one_file');
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
  return staged.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function stageFile(context: BatchContext, folder: string, file: LocalFile, copies: LocalCopies): Promise<StagedFile> {
  const { path, localFile, rows } = file;
  const staged = `${folder}/${path}`;
  const { size: bytes } = await stat(localFile);
  const sha256 = await sha256Of(localFile);
  await retrying(
    COMMAND_RETRY,
    async () => {
      await context.hdfs.upload(localFile, staged);
      const found = await context.hdfs.sha256(staged);
      if (found !== sha256) throw new Retryable('HDFS', `${staged} reads back with checksum ${found}; ${sha256} was written`);
    },
    { signal: context.signal },
  );
  if (!path.startsWith('lake/raw/')) await copies.adopt(localFile, { path, bytes, sha256 });
  return { path, staged, bytes, sha256, rows };
}
