/**
 * Rows of a page of detections that HBase has forgotten, out of the lake's files of their hours.
 *
 * questions/detections.ts says which: a list keeps id, place and time for as long as there is a view, so the folder of
 * the hour is known. Files are fetched one at a time and removed, newest hour first. A page has bounds: a few seconds,
 * and files of a bounded size; rows that were not reached stay incomplete, and a lake that is away makes no page fail.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { Waiting } from '../bounds/shared-work.ts';
import type { Turnstile } from '../bounds/bounded-queue.ts';
import type { LakeRow } from './lake-row.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { isFault } from '../faults.ts';
import { epochOfFile, LAKE_ROW, lakeRow, LOOK_UP_MEMORY_MB } from './lake-row.ts';

/** By `listedKey`; what was not found, or not reached in time, is not there. */
export type ListedInLake = (
  wanted: readonly PlacedDetection[],
  asker?: Waiting,
) => Promise<ReadonlyMap<string, LakeRow>>;

/** Longest that a page waits for its turn and all of its files. */
const MOST_MS = 5_000;
const MOST_FILE_BYTES = 256 * 2 ** 20;

export const listedKey = ({ id, location, detectedAt }: PlacedDetection): string => `${id} ${location} ${detectedAt}`;

export function listedInLake(
  hdfs: Hdfs,
  now: () => number,
  turns: Turnstile = { pass: (_, work) => work() },
): ListedInLake {
  return async (wanted, asker) => {
    const until = now() + MOST_MS;
    const late = AbortSignal.timeout(MOST_MS);
    const signal = manyListeners(AbortSignal.any([late, ...(asker?.signal ? [asker.signal] : [])]));
    const limits: ReadLimits = { signal, onBytes: () => asker?.heard?.() };
    const found = new Map<string, LakeRow>();
    try {
      await turns.pass(signal, () => lookUp(hdfs, wanted, { found, isInTime: () => now() < until, limits }));
    } catch (fault) {
      asker?.signal?.throwIfAborted();
      if (fault !== late.reason && !isFault('Retryable', fault) && !isFault('TooMany', fault)) throw fault;
    }
    return found;
  };
}

interface LookUp {
  /** Filled as it goes, so that what was found in time is there however it ends. */
  readonly found: Map<string, LakeRow>;
  readonly isInTime: () => boolean;
  readonly limits: ReadLimits;
}

async function lookUp(
  hdfs: Hdfs,
  wanted: readonly PlacedDetection[],
  { found, isInTime, limits }: LookUp,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lookup-'));
  let duck: Duck | null = null;
  let fetched = 0;
  try {
    const published = new Set(await listRuns(hdfs, limits));
    for (const [hour, listed] of byHour(wanted)) {
      for (const { path, bytes } of (await hdfs.walk(hour, limits)).reverse()) {
        const missing = listed.filter((entry) => !found.has(listedKey(entry)));
        if (missing.length === 0) break;
        if (!isInTime()) return;
        if (bytes > MOST_FILE_BYTES || !published.has(epochOfFile(path))) continue;
        // A name of its own: DuckDB keeps what it knows of a file by its path and its time in seconds.
        const local = join(folder, `${fetched++}.parquet`);
        await hdfs.download(path, local, limits);
        duck ??= await openDuck({ memoryMb: LOOK_UP_MEMORY_MB, threads: 1, spillFolder: folder });
        const keys = new Set(missing.map(listedKey));
        for (const row of await rowsIn(duck, local, missing, limits)) {
          const key = listedKey(row.met.detection);
          if (keys.has(key)) found.set(key, row);
        }
        await rm(local);
      }
    }
  } finally {
    duck?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Folders of hours, in the order of the page: newest first. */
function byHour(wanted: readonly PlacedDetection[]): Map<string, PlacedDetection[]> {
  const hours = new Map<string, PlacedDetection[]>();
  for (const entry of wanted) {
    const iso = new Date(entry.detectedAt).toISOString();
    const folder = `${LAKE}/detections/dt=${iso.slice(0, iso.indexOf('T'))}/hour=${iso.slice(iso.indexOf('T') + 1, iso.indexOf('T') + 3)}`;
    hours.set(folder, [...(hours.get(folder) ?? []), entry]);
  }
  return hours;
}

/** An id may have come again after W: place and time tell which of its rows is meant. */
async function rowsIn(
  duck: Duck,
  local: string,
  wanted: readonly PlacedDetection[],
  limits: ReadLimits,
): Promise<LakeRow[]> {
  const times = wanted.map(({ detectedAt }) => detectedAt);
  const rows = await duck.rows(
    `SELECT ${LAKE_ROW} FROM ${parquet([local])}
     WHERE timestamp_detected BETWEEN ${Math.min(...times)} AND ${Math.max(...times)}
       AND detection_oid IN (${wanted.map(({ id }) => BigInt(id)).join(', ')})`,
    undefined,
    limits,
  );
  return rows.map(lakeRow);
}
