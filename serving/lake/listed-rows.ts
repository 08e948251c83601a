/**
 * Finds rows of a page of detections in the lake, after HBase has deleted them.
 *
 * questions/detections.ts names the rows: a list keeps id, place and time as long as the view exists, so the folder of
 * the hour is known. The search downloads one file at a time, newest hour first, and deletes it. It has limits of time
 * and of file size; a row that it does not reach stays incomplete, and a lake that does not answer fails no page.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { BoundedQueue } from '../bounds/bounded-queue.ts';
import type { LakeRow } from '../../core/stores/lake/lake-row.ts';
import { epochOfDetectionsFile, LAKE } from '../../core/layout/lake.ts';
import { dayFiles } from '../../core/stores/lake/day-files.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { LAKE_ROW, lakeRow } from '../../core/stores/lake/lake-row.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { isFault } from '../faults.ts';
import { LOOKUP_MEMORY_MB } from './lake-day.ts';

/** The rows by `entryKey`; a row that was not found in time has no entry. */
export type FindListedRows = (
  entries: readonly PlacedDetection[],
  waiter?: Waiter,
) => Promise<ReadonlyMap<string, LakeRow>>;

/** Limit for the whole search, including the wait in the queue. */
const MOST_MS = 5_000;
const MOST_FILE_BYTES = 256 * 2 ** 20;

export const entryKey = ({ id, location, detectedAt }: PlacedDetection): string => `${id} ${location} ${detectedAt}`;

export function listedRowFinder(
  hdfs: Hdfs,
  now: () => number,
  queue: BoundedQueue = { run: (_, work) => work() },
): FindListedRows {
  return async (entries, waiter) => {
    const until = now() + MOST_MS;
    const timeout = AbortSignal.timeout(MOST_MS);
    const signal = manyListeners(AbortSignal.any([timeout, ...(waiter?.signal ? [waiter.signal] : [])]));
    const limits: ReadLimits = { signal, onBytes: () => waiter?.onAnswer?.() };
    const rows = new Map<string, LakeRow>();
    try {
      await queue.run(signal, () => findRows(hdfs, entries, { rows, isInTime: () => now() < until, limits }));
    } catch (fault) {
      waiter?.signal?.throwIfAborted();
      if (fault !== timeout.reason && !isFault('Retryable', fault) && !isFault('TooManyRequests', fault)) throw fault;
    }
    return rows;
  };
}

interface RowSearch {
  /** The search adds each row when it finds it, so that a search that is stopped keeps its rows. */
  readonly rows: Map<string, LakeRow>;
  readonly isInTime: () => boolean;
  readonly limits: ReadLimits;
}

async function findRows(
  hdfs: Hdfs,
  entries: readonly PlacedDetection[],
  { rows, isInTime, limits }: RowSearch,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lookup-'));
  let duck: Duck | null = null;
  let fetched = 0;
  try {
    const published = new Set(await listRuns(hdfs, limits));
    const inForce = dayFiles(hdfs);
    for (const [hour, hourEntries] of groupByHour(entries)) {
      for (const file of (await inForce.below(hour, limits)).reverse()) {
        const missing = hourEntries.filter((entry) => !rows.has(entryKey(entry)));
        if (missing.length === 0) break;
        if (!isInTime()) return;
        if (file.bytes > MOST_FILE_BYTES || !published.has(epochOfDetectionsFile(file.path))) continue;
        // Each download gets a new name: DuckDB caches metadata by path and modification time in seconds.
        const local = join(folder, `${fetched++}.parquet`);
        await inForce.download(file, local, limits);
        duck ??= await openDuck({ memoryMb: LOOKUP_MEMORY_MB, threads: 1, spillFolder: folder });
        const keys = new Set(missing.map(entryKey));
        for (const row of await rowsIn(duck, local, missing, limits)) {
          const key = entryKey(row.firstMet.detection);
          if (keys.has(key)) rows.set(key, row);
        }
        await rm(local);
      }
    }
  } finally {
    duck?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Groups the entries by the folder of their hour, newest first as on the page. */
function groupByHour(entries: readonly PlacedDetection[]): Map<string, PlacedDetection[]> {
  const hours = new Map<string, PlacedDetection[]>();
  for (const entry of entries) {
    const iso = new Date(entry.detectedAt).toISOString();
    const [date = '', time = ''] = iso.split('T');
    const folder = `${LAKE}/detections/dt=${date}/hour=${time.slice(0, 2)}`;
    hours.set(folder, [...(hours.get(folder) ?? []), entry]);
  }
  return hours;
}

/** An id can come again after W; place and time identify the row. */
async function rowsIn(
  duck: Duck,
  local: string,
  entries: readonly PlacedDetection[],
  limits: ReadLimits,
): Promise<LakeRow[]> {
  const times = entries.map(({ detectedAt }) => detectedAt);
  const rows = await duck.rows(
    `SELECT ${LAKE_ROW} FROM ${parquet([local])}
     WHERE timestamp_detected BETWEEN ${Math.min(...times)} AND ${Math.max(...times)}
       AND detection_oid IN (${entries.map(({ id }) => BigInt(id)).join(', ')})`,
    undefined,
    limits,
  );
  return rows.map(lakeRow);
}
