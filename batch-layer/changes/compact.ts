/**
 * Compacting: merges the small files of closed hours into sorted ones, so that readers open few files (law L9).
 *
 * `sightline batch compact` calls it while it holds the lock of the lake. One change replaces the files of a day. Rows
 * stay as they are: the hash over the rows of an hour must be the same before and after, or nothing is declared. A
 * merged file holds rows of several epochs and is named by the manifest of each; the arrival of a row tells its epoch.
 * Its name has the newest of them, so a reader that goes by names and manifests reads it too. Replaced files wait for
 * their last readers for the grace of published epochs.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { PublishedFile, RunReport } from '../../core/stores/lake/runs.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { BatchContext } from '../context.ts';
import type { Declared } from './change.ts';
import { endOf, epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { changedFileNumber, detectionsFile, epochOfDetectionsFile, LAKE } from '../../core/layout/lake.ts';
import { DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readChain } from '../../core/stores/lake/changes.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { horizonOf } from '../epochs/next-epochs.ts';
import { metadataOf } from '../lake/file-metadata.ts';
import { localCopies } from '../lake/local-copies.ts';
import { hashLimitsFor, rowsHash } from '../lake/rows-hash.ts';
import { rowsIn, writeParquet } from '../lake/write-file.ts';
import { openOwnFolder } from '../own-folder.ts';
import { makeChange, nextChange, stageForChange, sweepRetired } from './change.ts';

export interface CompactOptions {
  /** Files of fewer bytes are merged. */
  readonly belowBytes: number;
  readonly now: number;
  /** Only days from this one on, and up to this one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly isDryRun?: boolean;
  readonly onDay?: (day: CompactedDay) => void;
}

export interface CompactedDay {
  readonly date: string;
  readonly hours: number;
  readonly rows: number;
  readonly replaced: { readonly files: number; readonly bytes: number };
  /** Of a dry run: nothing. */
  readonly added: { readonly files: number; readonly bytes: number };
}

/** At least half of it, unless the hour has less. */
export const MERGED_BYTES = 512 * 2 ** 20;
/** Detections arrive late: an hour that has just ended would be merged twice. */
const CLOSED_FOR_MS = HOUR_MS;

/** The files of an hour that are to be merged. */
interface Merge {
  readonly date: string;
  readonly hour: number;
  readonly files: readonly PublishedFile[];
  /** The manifests that name them, oldest first. */
  readonly runs: readonly RunReport[];
}

/** Returns the days of which it merged files, oldest first. */
export async function compact(
  context: BatchContext,
  lease: HeldLease,
  options: CompactOptions,
): Promise<CompactedDay[]> {
  const days: CompactedDay[] = [];
  if (options.isDryRun !== true) await sweepRetired(context, options.now);
  const runs = manifestReader(context);
  for (const { path } of await context.hdfs.list(`${LAKE}/detections`)) {
    context.signal.throwIfAborted();
    const date = /\/dt=(.+)$/.exec(path)?.[1];
    if (date === undefined || date < (options.from ?? '') || date > (options.to ?? '9999')) continue;
    const merges = await planDay(context, date, runs, options);
    if (merges.length === 0) continue;
    const day = options.isDryRun === true ? dayOf(date, merges, []) : await compactDay(context, lease, date, merges);
    options.onDay?.(day);
    days.push(day);
    runs.clear();
  }
  return days;
}

interface ManifestReader {
  of(epoch: string): Promise<RunReport | null>;
  /** Epochs whose rows a merged file holds. */
  epochsOf(path: string): Promise<string[]>;
  clear(): void;
}

function manifestReader({ hdfs }: BatchContext): ManifestReader {
  const known = new Map<string, RunReport | null>();
  let merged: Map<string, string[]> | null = null;
  return {
    async of(epoch) {
      const run = known.get(epoch) ?? (await readRun(hdfs, epoch));
      known.set(epoch, run);
      return run;
    },
    async epochsOf(path) {
      merged ??= new Map(
        (await readChain(hdfs)).flatMap(({ added }) => added.map((file) => [file.path, file.epochs] as const)),
      );
      return merged.get(path) ?? [epochOfDetectionsFile(path)];
    },
    clear() {
      known.clear();
      merged = null;
    },
  };
}

async function planDay(
  context: BatchContext,
  date: string,
  runs: ManifestReader,
  { belowBytes }: CompactOptions,
): Promise<Merge[]> {
  const { hdfs, rules } = context;
  const horizon = await horizonOf(context);
  if (!horizon) return [];
  const closedTo = endOf(horizon.epoch, rules) - CLOSED_FOR_MS;
  const merges: Merge[] = [];
  for (const { path: folder } of await hdfs.list(`${LAKE}/detections/dt=${date}`)) {
    const hour = Number(/\/hour=(\d{2})$/.exec(folder)?.[1]);
    if (Date.parse(`${date}T00:00:00Z`) + (hour + 1) * HOUR_MS > closedTo) continue;
    const small = (await hdfs.list(folder)).filter(
      ({ bytes, path }) => bytes < belowBytes && path.endsWith('.parquet'),
    );
    // A run that was killed may have files here of an epoch that is not published.
    const published = small.filter(
      ({ path }) => (epochNamed(epochOfDetectionsFile(path), rules) ?? Infinity) <= horizon.epoch,
    );
    if (published.length < 2) continue;
    const names = (await Promise.all(published.map(({ path }) => runs.epochsOf(path)))).flat();
    const ofHour: RunReport[] = [];
    for (const epoch of [...new Set(names)].sort()) {
      const run = await runs.of(epoch);
      if (run) ofHour.push(run);
    }
    const listed = new Map(ofHour.flatMap(({ files }) => files.map((file) => [file.path, file] as const)));
    const unnamed = published.find(({ path }) => !listed.has(path));
    if (unnamed)
      throw new Refusal(
        EXIT.data_check_failed,
        `${unnamed.path} lies in the lake, but no manifest names it. Find out who wrote it and move it away.`,
      );
    merges.push({ date, hour, files: published.map(({ path }) => listed.get(path)!), runs: ofHour });
  }
  return merges;
}

async function compactDay(
  context: BatchContext,
  lease: HeldLease,
  date: string,
  merges: readonly Merge[],
): Promise<CompactedDay> {
  const { hdfs, settings } = context;
  const change = await nextChange(context);
  const own = await openOwnFolder(settings.workFolder, `compact-${randomUUID()}`);
  const duck = await openDuck({ ...settings, spillFolder: join(own.path, 'spill') });
  const added: Declared['added'][number][] = [];
  try {
    for (const merge of merges) {
      // Each hour fetches into a folder of its own, so that the disk holds one hour.
      const folder = join(own.path, `hour-${merge.hour}`);
      const copies = localCopies(hdfs, { shared: join(settings.workFolder, 'copies'), own: folder, keeps: false });
      const files: (PublishedFile & { localFile: string })[] = [];
      for (const file of merge.files) files.push({ ...file, localFile: await copies.fetch(file) });
      for await (const merged of mergedFiles(context, duck, { ...merge, files, change, folder }))
        added.push({ ...(await stageForChange(context, change, merged)), epochs: merged.epochs });
      await rm(folder, { recursive: true, force: true });
      context.progressLine.update('compact', added.length, `files of ${date}`);
    }
  } finally {
    duck.close();
    await own.remove();
  }
  const epochs = [...new Set(merges.flatMap(({ runs }) => runs.map(({ epoch }) => epoch)))].sort();
  await makeChange(
    context,
    change,
    {
      ...{ kind: 'compact', order: null, carried: [], keeps_replaced: true, added },
      replaced: merges.flatMap(({ files }) => files),
      epochs: epochs.map((epoch) => ({ epoch, rows_removed: 0, raw_removed: 0, rows_sha256: null })),
    },
    () => lease.check(),
  );
  return dayOf(date, merges, added);
}

interface LocalMerge extends Merge {
  readonly files: readonly (PublishedFile & { readonly localFile: string })[];
  readonly change: number;
  readonly folder: string;
}

/** Yields the merged files of an hour; throws unless they hold the same rows. */
async function* mergedFiles(
  context: BatchContext,
  duck: Duck,
  { date, hour, files, runs, change, folder }: LocalMerge,
): AsyncGenerator<PublishedFile & { localFile: string; epochs: string[] }> {
  const { rules, settings } = context;
  const limits = hashLimitsFor(settings.memoryMb);
  const before = await rowsHash(duck, files, limits);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const newest = Math.max(...runs.map(({ epoch_number: number }) => number)) as Epoch;
  await duck.run(`CREATE TEMP TABLE merged AS SELECT ${namesOf(DETECTION_COLUMNS)}
    FROM ${parquet(files.map(({ localFile }) => localFile))}
    ORDER BY geographical_location_oid, timestamp_detected, detection_oid`);
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM merged');
  const rows = Number(count!.n);
  const perFile = Math.max(1, Math.ceil(rows / Math.ceil(bytes / MERGED_BYTES)));
  const made: (PublishedFile & { localFile: string; epochs: string[] })[] = [];
  for (let at = 0; at * perFile < rows; at++) {
    const path = detectionsFile({ date, hour, epoch: nameOf(newest, rules), n: changedFileNumber(change, at) });
    const localFile = join(folder, path);
    await mkdir(dirname(localFile), { recursive: true });
    const select = `SELECT * FROM merged WHERE rowid >= ${at * perFile} AND rowid < ${(at + 1) * perFile}`;
    const content = { select, texts: ['item_name', 'geographical_location'] };
    await writeParquet(duck, localFile, content, `KV_METADATA ${metadataOf(nameOf(newest, rules), offsetsOf(runs))}`);
    const epochs = runs.map(({ epoch }) => epoch);
    made.push({ path, localFile, bytes: 0, sha256: '', rows: await rowsIn(duck, localFile), epochs });
  }
  await duck.run('DROP TABLE merged');
  const after = await rowsHash(duck, made, limits);
  if (after !== before)
    throw new Error(`merging hour ${hour} of ${date} changed its rows: their hash was ${before} and is ${after}`);
  yield* made;
}

/** From the first record of the oldest epoch to the cut of the newest. */
function offsetsOf(runs: readonly RunReport[]): { partition: number; first: number; cut: number }[] {
  const ranges = new Map<number, { partition: number; first: number; cut: number }>();
  for (const { partition, first, cut } of runs.flatMap(({ partitions }) => partitions)) {
    const known = ranges.get(partition) ?? { partition, first, cut };
    ranges.set(partition, { partition, first: Math.min(known.first, first), cut: Math.max(known.cut, cut) });
  }
  return [...ranges.values()];
}

function dayOf(date: string, merges: readonly Merge[], added: readonly PublishedFile[]): CompactedDay {
  const replaced = merges.flatMap(({ files }) => files);
  const sum = (files: readonly PublishedFile[], of: 'rows' | 'bytes'): number =>
    files.reduce((all, file) => all + file[of], 0);
  return {
    ...{ date, hours: merges.length, rows: sum(replaced, 'rows') },
    replaced: { files: replaced.length, bytes: sum(replaced, 'bytes') },
    added: { files: added.length, bytes: sum(added, 'bytes') },
  };
}
