/**
 * Which `npm start` stops the daemons of a stack when it ends: a note in the stack's folder, written before the first
 * one is launched.
 *
 * Daemons outlive the process that started them, so they go on after a kill -9. The note then names a process that is
 * gone, and the next command takes the daemons over: `npm start` stops them when it ends, `cluster down` at once. If
 * there is no note, `cluster up` started the daemons by hand, and they stay until `cluster down`. Nobody changes the
 * note of another process that lives.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { birthOf } from '../../core/process/process-table.ts';
import type { Stack } from '../stack/stack.ts';

export interface Starter {
  readonly pid: number;
  readonly state: 'this process' | 'alive' | 'gone';
}

type Folder = Pick<Stack, 'folder'>;

const fileOf = ({ folder }: Folder): string => join(folder, 'starter.json');

/** Null if the daemons belong to nobody. */
export function starterOf(stack: Folder): Starter | null {
  const note = readNote(stack);
  if (!note) return null;
  if (birthOf(note.pid) !== note.birth) return { pid: note.pid, state: 'gone' };
  return { pid: note.pid, state: note.pid === process.pid ? 'this process' : 'alive' };
}

/** Makes this process the one that stops the daemons, unless another living process is. Returns whether it is now. */
export function becomeStarter(stack: Folder): boolean {
  if (starterOf(stack)?.state === 'alive') return false;
  mkdirSync(stack.folder, { recursive: true });
  writeFileSync(fileOf(stack), JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }));
  return true;
}

/** Makes the daemons nobody's, unless they belong to another process that lives. */
export function forgetStarter(stack: Folder): void {
  if (starterOf(stack)?.state !== 'alive') rmSync(fileOf(stack), { force: true });
}

function readNote(stack: Folder): { pid: number; birth: string } | null {
  try {
    return JSON.parse(readFileSync(fileOf(stack), 'utf8')) as { pid: number; birth: string };
  } catch {
    return null;
  }
}
