/**
 * One pass over the lake's files of a day, shared by all questions that seek an id in it.
 *
 * lake-lookup.ts starts it. The pass downloads one file at a time, newest epoch first, searches it for all ids at once
 * and deletes it. Only published files count: an epoch is complete when its manifest exists. A seeker that joins late
 * gets the files that it has missed in a second round. An id can come again after W, and the row of the newest epoch is
 * the answer, so a seeker with a row still waits for newer files that it has not seen.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../core/domain/oid.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { DayFile } from '../../core/stores/lake/day-files.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { BoundedQueue } from '../bounds/bounded-queue.ts';
import type { LakeRow } from '../../core/stores/lake/lake-row.ts';
import { epochOfDetectionsFile, LAKE } from '../../core/layout/lake.ts';
import { dayFiles } from '../../core/stores/lake/day-files.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { LAKE_ROW, lakeRow } from '../../core/stores/lake/lake-row.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { TooCostly } from '../faults.ts';

export const LOOKUP_MEMORY_MB = 256;

export interface LookupOptions {
  readonly queue: BoundedQueue;
  /** Limit for all files of one day together. */
  readonly mostBytes: number;
  /** A pass accepts seekers for this long; a later seeker starts a new pass, which lists newer files too. */
  readonly joinableMs: number;
  readonly now: () => number;
}

export interface DayPass {
  readonly startedAt: number;
  /** True when nobody can join any more. */
  readonly isOver: boolean;
  /** Resolves when the pass has ended, also after a fault. */
  readonly ended: Promise<void>;
  /** Finds the row of the id; null if no published file of the day has it. */
  seek(id: Oid, waiter?: Waiter): Promise<LakeRow | null>;
}

interface Seeker {
  readonly id: Oid;
  /** Indexes of the files that were searched for it. */
  readonly searchedFiles: Set<number>;
  /** The newest row so far, and the index of its file. */
  best: { readonly at: number; readonly row: LakeRow } | null;
  readonly onAnswer: (() => void) | undefined;
  readonly resolve: (row: LakeRow | null) => void;
  readonly reject: (fault: unknown) => void;
}

export function startDayPass(hdfs: Hdfs, date: string, options: LookupOptions): DayPass {
  const seekers = new Set<Seeker>();
  const stop = new AbortController();
  manyListeners(stop.signal);
  let isOver = false;
  const end = (settle: (seeker: Seeker) => void): void => {
    isOver = true;
    for (const seeker of seekers) settle(seeker);
    seekers.clear();
  };
  const beginning = async (): Promise<void> => {
    // Lets the seeker that started the pass join first.
    await Promise.resolve();
    await options.queue.run(stop.signal, () =>
      readDay({ hdfs, date, seekers, signal: stop.signal, mostBytes: options.mostBytes }),
    );
  };
  const ended = beginning().then(
    () => end(({ resolve }) => resolve(null)),
    (fault: unknown) => end(({ reject }) => reject(fault)),
  );
  return {
    startedAt: options.now(),
    ended,
    get isOver() {
      return isOver || stop.signal.aborted;
    },
    seek: (id, { signal, onAnswer } = {}) =>
      new Promise((resolve, reject) => {
        const done = (): void => signal?.removeEventListener('abort', leave);
        const seeker: Seeker = {
          id,
          searchedFiles: new Set(),
          best: null,
          onAnswer,
          resolve: (row) => (done(), resolve(row)),
          reject: (fault) => (done(), reject(fault as Error)),
        };
        const leave = (): void => {
          seekers.delete(seeker);
          reject(signal?.reason as Error);
          if (seekers.size === 0) stop.abort(signal?.reason);
        };
        seekers.add(seeker);
        if (signal?.aborted) leave();
        else signal?.addEventListener('abort', leave, { once: true });
      }),
  };
}

interface Pass {
  readonly hdfs: Hdfs;
  readonly date: string;
  readonly seekers: Set<Seeker>;
  readonly signal: AbortSignal;
  readonly mostBytes: number;
}

async function readDay({ hdfs, date, seekers, signal, mostBytes }: Pass): Promise<void> {
  const limits = {
    signal,
    onBytes: (): void => {
      for (const { onAnswer } of seekers) onAnswer?.();
    },
  };
  const published = new Set(await listRuns(hdfs, limits));
  const inForce = dayFiles(hdfs);
  const files = (await inForce.below(`${LAKE}/detections/dt=${date}`, limits))
    .filter(({ path }) => published.has(epochOfDetectionsFile(path)))
    .reverse();
  checkDayBytes(date, files, mostBytes);
  if (files.length === 0) return;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lookup-'));
  let duck: Duck | null = null;
  let fetched = 0;
  try {
    duck = await openDuck({ memoryMb: LOOKUP_MEMORY_MB, threads: 1, spillFolder: folder });
    for (let at = 0; seekers.size > 0; at = (at + 1) % files.length) {
      if ([...seekers].every(({ searchedFiles }) => searchedFiles.has(at))) continue;
      // Each download gets a new name: DuckDB caches metadata by path and modification time in seconds.
      const local = join(folder, `${fetched++}.parquet`);
      await inForce.download(files[at]!, local, limits);
      const served = [...seekers];
      const rows = await rowsIn(
        duck,
        local,
        served.map(({ id }) => id),
        limits,
      );
      await rm(local);
      for (const seeker of served) recordFile(seeker, at, rows.get(seeker.id) ?? null);
      for (const seeker of served.filter((one) => isDone(one, files.length))) {
        seekers.delete(seeker);
        seeker.resolve(seeker.best?.row ?? null);
      }
    }
  } finally {
    duck?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Refuses a day that is too large, before the first download. */
function checkDayBytes(date: string, files: readonly DayFile[], mostBytes: number): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= mostBytes) return;
  const megabytes = (some: number): string => `${Math.ceil(some / 2 ** 20)} MB`;
  throw new TooCostly(
    'bytes',
    `Day ${date} of the lake has ${megabytes(bytes)} in ${files.length} files; ` +
      `a lookup reads at most ${megabytes(mostBytes)}. ` +
      'Leave dt out, or read the lake itself with pandas, DuckDB or Spark (docs/data.md)',
    ['dt'],
  );
}

function recordFile(seeker: Seeker, at: number, row: LakeRow | null): void {
  seeker.searchedFiles.add(at);
  if (row && (seeker.best === null || at < seeker.best.at)) seeker.best = { at, row };
}

function isDone({ searchedFiles, best }: Seeker, files: number): boolean {
  const needed = best?.at ?? files;
  for (let at = 0; at < needed; at++) if (!searchedFiles.has(at)) return false;
  return true;
}

async function rowsIn(
  duck: Duck,
  local: string,
  ids: readonly Oid[],
  limits: { signal: AbortSignal },
): Promise<Map<Oid, LakeRow>> {
  const rows = await duck.rows(
    `SELECT ${LAKE_ROW} FROM ${parquet([local])}
     WHERE detection_oid IN (${[...new Set(ids)].map((id) => BigInt(id)).join(', ')}) ORDER BY arrived_at DESC`,
    undefined,
    limits,
  );
  const rowsById = new Map<Oid, LakeRow>();
  for (const row of rows.map(lakeRow))
    if (!rowsById.has(row.firstMet.detection.id)) rowsById.set(row.firstMet.detection.id, row);
  return rowsById;
}
