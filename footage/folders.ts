/**
 * The folders of one agent, on the camera gateway's disk. All are on one file system, so that a rename moves a file.
 *
 *   handover/<camera>/<file>     cameras put files here: written beside, then renamed. A name that begins with '.' or
 *                                ends with .part or .tmp is still being written
 *   taking/<camera>/<file>       the agent has taken it and looks at it; a camera cannot change it any more
 *   spool/<travel name>          Flume reads it and deletes it once its channel has it
 *   large/<travel name>          the agent itself delivers it: Flume cannot take it (full-disk.ts)
 *   rejected/<camera>/<file>     files that are no footage, with rejected.jsonl, which says why
 *   flume/                       Flume's channel, its configuration, its log and its process number
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, messageOf, Refusal } from '../core/process/errors.ts';

export interface Folders {
  readonly root: string;
  readonly handover: string;
  readonly taking: string;
  readonly spool: string;
  readonly large: string;
  readonly rejected: string;
  readonly flume: string;
}

const NAMES = ['handover', 'taking', 'spool', 'large', 'rejected', 'flume'] as const;

export function foldersIn(root: string): Folders {
  const folders = Object.fromEntries(NAMES.map((name) => [name, join(root, name)])) as Record<
    (typeof NAMES)[number],
    string
  >;
  return { root, ...folders };
}

/** Whether a file or folder could not be written because its disk, or the user's share of it, has no room. */
export function isDiskFull(fault: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((fault as NodeJS.ErrnoException).code ?? '');
}

/** Makes what is missing. Throws a Refusal where a folder cannot be made or lies on another file system. */
export function makeFolders(folders: Folders): void {
  try {
    for (const name of NAMES) mkdirSync(folders[name], { recursive: true, mode: 0o750 });
  } catch (fault) {
    const exitCode = isDiskFull(fault) ? EXIT.dependency_down : EXIT.usage;
    throw new Refusal(exitCode, `FOOTAGE_FOLDER cannot be used: ${messageOf(fault)}`, fault);
  }
  const device = statSync(folders.root).dev;
  const other = NAMES.find((name) => statSync(folders[name]).dev !== device);
  if (other === undefined) return;
  throw new Refusal(
    EXIT.usage,
    `${folders[other]} is on another file system than ${folders.root}; files are moved by renaming, ` +
      'so all folders must be on one',
  );
}
