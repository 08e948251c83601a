/**
 * One command at a time changes a stack. The lock is a file that names its holder; a holder that is gone holds nothing.
 * It is made whole elsewhere and linked into place, so nobody ever reads half of it.
 */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterError, throwIfStopped } from './errors.ts';
import { argsOf } from './processes.ts';
import type { Stack } from './stack.ts';

const patienceMs = 240_000;

/** Waits for the lock and returns what gives it back. */
export async function holdLock(stack: Pick<Stack, 'folder'>, command: string, signal?: AbortSignal): Promise<() => Promise<void>> {
  await mkdir(stack.folder, { recursive: true });
  const file = join(stack.folder, 'lock');
  const own = `${file}.${process.pid}`;
  const deadlineMs = Date.now() + patienceMs;
  await writeFile(own, JSON.stringify({ pid: process.pid, command }));
  try {
    for (;;) {
      throwIfStopped(signal);
      if (await linked(own, file)) return () => rm(file, { force: true });
      const holder = await readHolder(file);
      if (holder && argsOf(holder.pid).length === 0) await rm(file, { force: true });
      else if (holder && Date.now() > deadlineMs) {
        throw new ClusterError(`'${holder.command}' (process ${holder.pid}) is still working on ${stack.folder}; try again when it ended.`);
      } else await pause(200);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<{ pid: number; command: string } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { pid: number; command: string };
  } catch {
    return undefined;
  }
}
