/**
 * Stage: writes the epoch's Parquet files on this machine, uploads them to staging and reads them back, byte for byte.
 *
 * The tables come from reconcile.ts, the raw files from archive.ts; intent.ts lists what this returns. Files are
 * uploaded while the next one is written. Each attempt has a staging folder of its own, so a run that lost its lock
 * cannot change the files of the next run.
 */
import { stat } from 'node:fs/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Archive, LocalFile, StagedFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { LocalCopies } from './local-copies.ts';
import type { Content, Write, WriteOptions } from './write-file.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { conflictsFile, locationsFile, metFile, stagingFolder, topItemsFile } from '../../core/layout/lake.ts';
import { namesOf, TOP_ITEM_COLUMNS } from '../../core/layout/lake-columns.ts';
import { dateOf } from '../../core/domain/time.ts';
import { Retryable } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { detectionsFiles, SORT_ROWS, sortGroups } from './detections-files.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { textBytes } from './sizes.ts';
import { textOf, TOP_ITEMS_FILE } from '../sql/statements.ts';
import { fileWriter } from './write-file.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

/** So many, because the upload of a small file mostly waits until the DataNode has reported it to the NameNode. */
const UPLOADS_AT_ONCE = 8;

// ---- writing -------------------------------------------------------------------------------------------------------

/** Yields every file of the epoch when it is complete. The raw files exist already; the others are written here. */
export async function* writeFiles(duck: Duck, options: WriteOptions): AsyncGenerator<LocalFile, undefined> {
  const { epoch, archive } = options;
  const write = fileWriter(duck, options);
  yield* rawFilesOf(archive);
  yield* detectionsFiles(duck, write, options);
  yield* topItemsFiles(duck, epoch, write);
  yield await write(locationsFile(epoch), LOCATIONS);
  yield* firstMetFiles(duck, write, options);
  yield* conflictFiles(duck, epoch, write);
}

/** Yields the files that Spark reads: the raw files, and dataset B from the table `locations`. */
export async function* writeSources(duck: Duck, options: WriteOptions): AsyncGenerator<LocalFile, undefined> {
  yield* rawFilesOf(options.archive);
  yield await fileWriter(duck, options)(locationsFile(options.epoch), LOCATIONS);
}

const BY_OFFSET = 'kafka_partition, kafka_offset';
const LOCATIONS: Content = {
  select: 'SELECT * FROM locations',
  order: 'geographical_location_oid',
  texts: ['geographical_location'],
};

function rawFilesOf({ files }: Archive): LocalFile[] {
  return files.map(({ path, localFile, rows }) => ({ path, localFile, rows }));
}

/**
 * The first-met rows. A file holds as many partitions as are sorted at once, so that memory does not grow with the
 * epoch; an epoch without rows has one empty file.
 */
async function* firstMetFiles(
  duck: Duck,
  write: Write,
  { epoch, sortRows = SORT_ROWS, sortBytes = Infinity }: WriteOptions,
): AsyncGenerator<LocalFile, undefined> {
  const sums = await duck.rows(`SELECT kafka_partition AS partition, COUNT(*) AS n,
      CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes
    FROM met GROUP BY kafka_partition ORDER BY kafka_partition`);
  const partitions = sums.map(({ partition, n, bytes }) => ({
    partition: Number(partition),
    rows: Number(n),
    bytes: Number(bytes),
  }));
  const groups = sortGroups(partitions, sortRows, sortBytes);
  for (const [n, group] of (groups.length > 0 ? groups : [[]]).entries()) {
    const [first, last] = [group[0]?.partition ?? 0, group.at(-1)?.partition ?? 0];
    const select = `SELECT * FROM met WHERE kafka_partition BETWEEN ${first} AND ${last}`;
    yield await write(metFile(epoch, n), { select, order: BY_OFFSET, texts: ['item_name'] });
  }
}

/** The file holds all conflicts; the report lists the first ones. */
async function* conflictFiles(duck: Duck, epoch: string, write: Write): AsyncGenerator<LocalFile, undefined> {
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM conflicts');
  const content: Content = { select: 'SELECT * FROM conflicts', order: BY_OFFSET, texts: ['first_item', 'item_name'] };
  if (Number(count!.n) > 0) yield await write(conflictsFile(epoch), content);
}

async function* topItemsFiles(duck: Duck, epoch: string, write: Write): AsyncGenerator<LocalFile, undefined> {
  await duck.run(`CREATE TEMP TABLE top_items AS ${textOf(TOP_ITEMS_FILE)}`);
  for (const { day } of await duck.rows('SELECT DISTINCT day FROM top_items ORDER BY day')) {
    yield await write(topItemsFile({ date: dateOf(Number(day)), epoch }), {
      select: `SELECT ${namesOf(TOP_ITEM_COLUMNS)} FROM top_items WHERE day = ${Number(day)}`,
      order: 'hour, geographical_location_oid, detections DESC, item_name',
      texts: ['item_name', 'geographical_location'],
    });
  }
  await duck.run('DROP TABLE top_items');
}

// ---- uploading -----------------------------------------------------------------------------------------------------

interface Staging {
  readonly epoch: Epoch;
  readonly attempt: string;
  /** Keeps the files of this machine, but not the raw ones. */
  readonly copies: LocalCopies;
}

export async function stageFiles(
  context: BatchContext,
  { epoch, attempt, copies }: Staging,
  files: AsyncGenerator<LocalFile, undefined> | readonly LocalFile[],
): Promise<StagedFile[]> {
  const folder = `${stagingFolder(nameOf(epoch, context.rules))}/${attempt}`;
  const staged: StagedFile[] = [];
  await inLanes(UPLOADS_AT_ONCE, files, async (file, failed) => {
    context.signal.throwIfAborted();
    const stagedFile = await stageFile(context, folder, file, failed);
    if (!file.path.startsWith('lake/raw/')) await copies.adopt(file.localFile, stagedFile);
    staged.push(stagedFile);
    context.progressLine.update('stage', staged.length, 'files', 'length' in files ? files.length : undefined);
    await context.mayCrashAt('staged_one_file');
  });
  return staged.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Uploads a file to its path below the folder, and reads it back. */
export async function stageFile(
  context: Pick<BatchContext, 'hdfs' | 'signal'>,
  folder: string,
  { path, localFile, rows }: LocalFile,
  failed: AbortSignal,
): Promise<StagedFile> {
  const staged = `${folder}/${path}`;
  const { size: bytes } = await stat(localFile);
  const sha256 = await sha256Of(localFile);
  await withRetry(
    COMMAND_RETRY,
    async () => {
      await context.hdfs.upload(localFile, staged);
      const readBack = await context.hdfs.sha256(staged);
      if (readBack !== sha256)
        throw new Retryable('HDFS', `${staged} reads back with checksum ${readBack}, but ${sha256} was written`);
    },
    { signal: [context.signal, failed] },
  );
  return { path, staged, bytes, sha256, rows };
}
