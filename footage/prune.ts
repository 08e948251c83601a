/**
 * Removes footage that is older than its retention: whole `camera=/dt=` folders of files and of packs, and what was set
 * aside as long ago. Orders to erase that were given as long ago go too.
 *
 * `sightline footage prune` and the settling service call it. It looks at the names of folders alone, so that days
 * which stay cost one listing a camera. A folder goes in one operation of HDFS; a run that dies has removed whole
 * folders, and the next one goes on. The folders of cameras stay: settling may be moving a file into one just now.
 */
import { ERASURES, FOOTAGE, REJECTED } from '../core/layout/footage.ts';
import { analysedEpochFile, CAMERA_HOURS, FACTS } from '../core/layout/footage-facts.ts';
import { PACKS } from '../core/layout/footage-packs.ts';
import { DAY_MS } from '../core/domain/time.ts';
import { inLanes } from '../core/process/lanes.ts';
import { analysedEpochs } from '../core/stores/footage/analysed-epochs.ts';
import { camerasIn, datesOf } from '../core/stores/footage/days.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';

export interface Pruned {
  folders: number;
  files: number;
  bytes: number;
}

export interface PruneRules {
  /** Days before this one go, as in 2026-11-30 (UTC). */
  readonly before: string;
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal;
}

const ROOTS = [FOOTAGE, PACKS];
const LANES = 4;

/** The first day that stays. A day goes when all of it is older than so many days; null if nothing ever goes. */
export function firstKeptDay(retentionDays: number, nowMs: number): string | null {
  return retentionDays === 0 ? null : new Date(nowMs - retentionDays * DAY_MS).toISOString().slice(0, 10);
}

/** Resolves with what was removed, or would be. Throws a Retryable while HDFS is away. */
export async function prune(hdfs: Hdfs, rules: PruneRules): Promise<Pruned> {
  const pruned: Pruned = { folders: 0, files: 0, bytes: 0 };
  for (const root of ROOTS) {
    const cameras = await camerasIn(hdfs, root);
    await inLanes(LANES, cameras, async (camera) => {
      for (const date of await datesOf(hdfs, root, camera)) {
        rules.signal?.throwIfAborted();
        const folder = `${root}/camera=${camera}/dt=${date}`;
        if (date < rules.before) await pruneDay(hdfs, folder, { rules, pruned });
      }
    });
  }
  await pruneFacts(hdfs, { rules, pruned });
  await pruneWritten(hdfs, REJECTED, { rules, pruned });
  // Orders are no footage: nobody counts them.
  await pruneWritten(hdfs, ERASURES, { rules, pruned: { folders: 0, files: 0, bytes: 0 } });
  return pruned;
}

interface Pruning {
  readonly rules: PruneRules;
  readonly pruned: Pruned;
}

async function pruneDay(hdfs: Hdfs, folder: string, { rules, pruned }: Pruning): Promise<void> {
  const files = await hdfs.walk(folder);
  if (!rules.isDryRun) await hdfs.remove(folder);
  pruned.folders += 1;
  pruned.files += files.length;
  pruned.bytes += files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What the analysis found in footage of these days: facts, hours of cameras, and which epochs were analysed. */
async function pruneFacts(hdfs: Hdfs, { rules, pruned }: Pruning): Promise<void> {
  for (const root of [FACTS, CAMERA_HOURS])
    for (const { path } of await hdfs.list(root)) {
      rules.signal?.throwIfAborted();
      const date = /\/dt=(\d{4}-\d\d-\d\d)$/.exec(path)?.[1];
      if (date !== undefined && date < rules.before) await pruneDay(hdfs, path, { rules, pruned });
    }
  for (const epoch of await analysedEpochs(hdfs))
    if (epoch.slice(0, 10) < rules.before && !rules.isDryRun) await hdfs.remove(analysedEpochFile(epoch));
}

/** By the time at which files were written: their names may tell none. */
async function pruneWritten(hdfs: Hdfs, folder: string, { rules, pruned }: Pruning): Promise<void> {
  const beforeMs = Date.parse(`${rules.before}T00:00:00Z`);
  for (const { path, bytes, modifiedAtMs, isFolder } of await hdfs.list(folder)) {
    rules.signal?.throwIfAborted();
    if (isFolder || modifiedAtMs >= beforeMs) continue;
    if (!rules.isDryRun) await hdfs.remove(path);
    pruned.files += 1;
    pruned.bytes += bytes;
  }
}
