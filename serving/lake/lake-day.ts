/**
 * One pass over the lake's files of a day, for everybody who seeks an id in it meanwhile.
 *
 * lake-lookup.ts begins it. Files are fetched one at a time, looked through for all ids at once and removed, newest
 * epoch first; only published ones count, as an epoch is complete when its manifest is there. Who comes when some files
 * were looked through already gets those in a second turn. An id may have come again after W: the newest epoch's row is
 * the answer, so a seeker that has found a row waits for the newer files that it has not seen.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../core/domain/oid.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { FileFacts, Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Waiting } from '../bounds/shared-work.ts';
import type { Turnstile } from '../bounds/bounded-queue.ts';
import type { LakeRow } from './lake-row.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { TooCostly } from '../faults.ts';
import { epochOfFile, LAKE_ROW, lakeRow, LOOK_UP_MEMORY_MB } from './lake-row.ts';

export interface LookupTerms {
  readonly turns: Turnstile;
  /** Of one day's files together. */
  readonly mostBytes: number;
  /** Who seeks later than this after a pass began gets a new one, which knows of newer files. */
  readonly joinableMs: number;
  readonly now: () => number;
}

export interface DayPass {
  readonly beganAt: number;
  /** Nobody can join any more. */
  readonly isOver: boolean;
  /** Resolves, however it ended. */
  readonly ended: Promise<void>;
  /** Null if no published file of the day has the id. */
  seek(id: Oid, asker?: Waiting): Promise<LakeRow | null>;
}

interface Seeker {
  readonly id: Oid;
  /** Positions of the files that it has seen. */
  readonly seen: Set<number>;
  /** The newest row that it has found, and in which file. */
  best: { readonly at: number; readonly row: LakeRow } | null;
  readonly heard: (() => void) | undefined;
  readonly resolve: (row: LakeRow | null) => void;
  readonly reject: (fault: unknown) => void;
}

export function passOver(hdfs: Hdfs, date: string, terms: LookupTerms): DayPass {
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
    // Whoever began it joins first.
    await Promise.resolve();
    await terms.turns.pass(stop.signal, () =>
      goThrough({ hdfs, date, seekers, signal: stop.signal, mostBytes: terms.mostBytes }),
    );
  };
  const ended = beginning().then(
    () => end(({ resolve }) => resolve(null)),
    (fault: unknown) => end(({ reject }) => reject(fault)),
  );
  return {
    beganAt: terms.now(),
    ended,
    get isOver() {
      return isOver || stop.signal.aborted;
    },
    seek: (id, { signal, heard } = {}) =>
      new Promise((resolve, reject) => {
        const done = (): void => signal?.removeEventListener('abort', leave);
        const seeker: Seeker = {
          id,
          seen: new Set(),
          best: null,
          heard,
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

async function goThrough({ hdfs, date, seekers, signal, mostBytes }: Pass): Promise<void> {
  const limits = {
    signal,
    onBytes: (): void => {
      for (const { heard } of seekers) heard?.();
    },
  };
  const published = new Set(await listRuns(hdfs, limits));
  const files = (await hdfs.walk(`${LAKE}/detections/dt=${date}`, limits))
    .filter(({ path }) => published.has(epochOfFile(path)))
    .reverse();
  checkWeight(date, files, mostBytes);
  if (files.length === 0) return;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lookup-'));
  let duck: Duck | null = null;
  let fetched = 0;
  try {
    duck = await openDuck({ memoryMb: LOOK_UP_MEMORY_MB, threads: 1, spillFolder: folder });
    for (let at = 0; seekers.size > 0; at = (at + 1) % files.length) {
      if ([...seekers].every(({ seen }) => seen.has(at))) continue;
      // A name of its own: DuckDB keeps what it knows of a file by its path and its time in seconds.
      const local = join(folder, `${fetched++}.parquet`);
      await hdfs.download(files[at]!.path, local, limits);
      const served = [...seekers];
      const rows = await rowsIn(
        duck,
        local,
        served.map(({ id }) => id),
        limits,
      );
      await rm(local);
      for (const seeker of served) see(seeker, at, rows.get(seeker.id) ?? null);
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

/** Before anything is fetched. */
function checkWeight(date: string, files: readonly FileFacts[], mostBytes: number): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= mostBytes) return;
  const megabytes = (some: number): string => `${Math.ceil(some / 2 ** 20)} MB`;
  throw new TooCostly(
    'bytes',
    `The lake's day ${date} has ${megabytes(bytes)} in ${files.length} files, and a look-up reads ${megabytes(mostBytes)} at most: leave dt out, or read the lake itself with pandas, DuckDB or Spark (docs/data.md)`,
    ['dt'],
  );
}

function see(seeker: Seeker, at: number, row: LakeRow | null): void {
  seeker.seen.add(at);
  if (row && (seeker.best === null || at < seeker.best.at)) seeker.best = { at, row };
}

function isDone({ seen, best }: Seeker, files: number): boolean {
  const needed = best?.at ?? files;
  for (let at = 0; at < needed; at++) if (!seen.has(at)) return false;
  return true;
}

async function rowsIn(
  duck: Duck,
  local: string,
  ids: readonly Oid[],
  limits: { signal: AbortSignal },
): Promise<Map<Oid, LakeRow>> {
  const rows = await duck.rows(
    `SELECT ${LAKE_ROW} FROM ${parquet([local])} WHERE detection_oid IN (${[...new Set(ids)].map((id) => BigInt(id)).join(', ')})`,
    undefined,
    limits,
  );
  const found = new Map<Oid, LakeRow>();
  for (const row of rows.map(lakeRow)) if (!found.has(row.met.detection.id)) found.set(row.met.detection.id, row);
  return found;
}
