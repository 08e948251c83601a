/**
 * The days of the lake: what each date of detections has, according to the manifests of published epochs.
 *
 * Serving shows it at /api/v1/lake. This file reads each manifest once and remembers it, until a change of the lake
 * (changes.ts) gives manifests other files. A compacted file is named by several manifests and counts once. A day is
 * open while epochs that begin within it are not published; a late detection may add to a complete day.
 */
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';
import type { ChangeRecord } from './changes.ts';
import type { PublishedFile } from './runs.ts';
import { filesAfter, listChanges, readChange } from './changes.ts';
import { listRuns, readRun } from './runs.ts';

export interface LakeDay {
  readonly date: string;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  /** Names of the epochs that put files there, oldest first. */
  readonly epochs: string[];
  readonly state: 'complete' | 'open';
}

/** The part of a run's report that a listing needs. */
export interface ListedRun {
  readonly epoch: string;
  /** End of the epoch, in milliseconds. */
  readonly to: number;
  readonly files: readonly PublishedFile[];
}

export interface LakeListing {
  /** A reading that is aborted keeps the manifests that it has read. */
  days(limits?: ReadLimits): Promise<LakeDay[]>;
}

export function lakeListing(hdfs: Hdfs): LakeListing {
  const known = new Map<string, ListedRun>();
  let newest: ChangeRecord | null = null;
  const takeChanges = async (limits: ReadLimits | undefined): Promise<void> => {
    const taken = newest?.change ?? 0;
    for (const change of (await listChanges(hdfs, limits)).filter((number) => number > taken)) {
      newest = await readChange(hdfs, change, limits);
      for (const run of [...known.values()]) known.set(run.epoch, runAfter(run, newest));
    }
  };
  return {
    async days(limits) {
      await takeChanges(limits);
      for (const epoch of (await listRuns(hdfs, limits)).filter((name) => !known.has(name))) {
        const run = await readRun(hdfs, epoch, limits);
        if (!run) continue;
        const listed = { epoch, to: run.to, files: run.files.filter(({ path }) => DAY.test(path)) };
        // The files of the newest change may not be in every manifest yet.
        known.set(epoch, newest ? runAfter(listed, newest) : listed);
      }
      return daysOf([...known.values()]);
    },
  };
}

function runAfter(run: ListedRun, change: ChangeRecord): ListedRun {
  const added = change.added.filter(({ path, epochs }) => DAY.test(path) && epochs.includes(run.epoch));
  return { ...run, files: filesAfter<PublishedFile>(run.files, change, added) };
}

const DAY = /\/detections\/dt=(\d{4,}-\d{2}-\d{2})\//;

/** Newest day first. */
export function daysOf(runs: readonly ListedRun[]): LakeDay[] {
  const publishedTo = Math.max(0, ...runs.map(({ to }) => to));
  const days = new Map<string, { rows: number; bytes: number; files: number; epochs: Set<string> }>();
  const counted = new Set<string>();
  for (const run of [...runs].sort((a, b) => a.to - b.to)) {
    for (const file of run.files) {
      const date = DAY.exec(file.path)?.[1];
      if (date === undefined) continue;
      const day = days.get(date) ?? { rows: 0, bytes: 0, files: 0, epochs: new Set<string>() };
      days.set(date, day);
      day.epochs.add(run.epoch);
      if (counted.has(file.path)) continue;
      counted.add(file.path);
      day.rows += file.rows;
      day.bytes += file.bytes;
      day.files += 1;
    }
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([date, day]) => ({
      date,
      rows: day.rows,
      bytes: day.bytes,
      files: day.files,
      epochs: [...day.epochs],
      state: publishedTo >= Date.parse(`${date}T00:00:00Z`) + 86_400_000 ? 'complete' : 'open',
    }));
}
