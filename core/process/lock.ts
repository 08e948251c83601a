/**
 * The lock of a folder on this machine: one command at a time changes it. The lock is a file that names its holder; the
 * lock of a process that is gone does not count. The file is written under another name and linked into place, so
 * nobody reads half of it.
 */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, Refusal } from './errors.ts';
import { Stopped } from './life.ts';
import { argsOf, birthOf } from './process-table.ts';

const PATIENCE_MS = 240_000;
/** Two waits of one process must not share a file. */
let waits = 0;

interface Holder {
  readonly pid: number;
  /** Missing in a lock of an earlier version. */
  readonly birth?: string | undefined;
  readonly command: string;
}

/**
 * Waits for the lock, for `patienceMs` at most, and returns what gives it back. Makes the folder if need be. Throws a
 * Refusal that names the holder, or Stopped.
 */
export async function holdLock(
  { folder }: { readonly folder: string },
  command: string,
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock');
  const own = `${file}.${process.pid}.${(waits += 1)}`;
  const deadlineMs = Date.now() + patienceMs;
  const self: Holder = { pid: process.pid, birth: birthOf(process.pid), command };
  try {
    await writeFile(own, JSON.stringify(self)).catch(async (fault: unknown) => {
      // On a full disk too, a living holder is the reason that counts.
      const holder = await readHolder(file);
      throw holder && isAlive(holder) ? heldBy(holder, folder) : fault;
    });
    for (;;) {
      if (signal?.aborted) throw new Stopped();
      if (await tryLink(own, file)) return () => rm(file, { force: true });
      const holder = await readHolder(file);
      if (holder && !isAlive(holder)) await rm(file, { force: true });
      else if (holder && Date.now() > deadlineMs) {
        throw heldBy(holder, folder);
      } else await pause(200);
    }
  } finally {
    await rm(own, { force: true });
  }
}

function heldBy({ command, pid }: Holder, folder: string): Refusal {
  return new Refusal(
    EXIT.dependency_down,
    `'${command}' (process ${pid}) is still working on ${folder}; try again when it ended.`,
  );
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * The system may have given the holder's pid to another process since then; that one holds nothing. In a container it
 * is often this very process.
 */
function isAlive({ pid, birth }: Holder): boolean {
  return birth === undefined ? argsOf(pid).length > 0 : birthOf(pid) === birth;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
