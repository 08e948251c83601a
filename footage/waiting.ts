/**
 * What waits on the agent's disk, for its metrics: how many files, and since when the oldest of them.
 *
 * The time is that of the last change of a file's entry (ctime), which a rename sets: when it came to its folder. A
 * camera may give its files any time of modification. Files that disappear meanwhile were taken.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Folders } from './folders.ts';
import { isWhole } from './handover.ts';

export interface Waiting {
  readonly files: number;
  /** Null if there is none. */
  readonly oldestAtMs: number | null;
}

/** More are not looked at: a look stays below some 50 ms. They are counted. */
const MOST_LOOKS = 5_000;

export function waitingIn(folders: Folders): { readonly handover: Waiting; readonly spool: Waiting } {
  const handover = [folders.handover, folders.taking].flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name }) => filesOf(join(folder, name))),
  );
  return { handover: waiting(handover), spool: waiting([folders.spool, folders.large].flatMap(filesOf)) };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter(isWhole)
    .map((name) => join(folder, name));

function waiting(files: readonly string[]): Waiting {
  const since = files.slice(0, MOST_LOOKS).flatMap((file) => statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? []);
  return { files: files.length, oldestAtMs: since.length === 0 ? null : Math.min(...since) };
}
