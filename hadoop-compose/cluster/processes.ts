/**
 * Which processes are ours: a daemon carries two marks on its command line, `-Dsightline.daemon=` and
 * `-Dsightline.home=`. The pid file only says where to look first.
 *
 * So a pid that the system has given to another program is never killed as a daemon, and `status` and `down` find a
 * daemon whose pid file was lost.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonName } from './daemons.ts';
import type { Stack } from '../stack/stack.ts';
import { allProcesses, argsOf } from '../../core/process/process-table.ts';

export function marksOf(stack: Stack, daemon: DaemonName): readonly [string, string] {
  return [`-Dsightline.daemon=${daemon}`, `-Dsightline.home=${stack.folder}`];
}

/** Whether a command line, given as its arguments, is this daemon of this stack. */
export function carriesMarks(args: readonly string[], stack: Stack, daemon: DaemonName): boolean {
  return marksOf(stack, daemon).every((mark) => args.includes(mark));
}

/** The daemon's pid, or undefined if it does not run. */
export function pidOf(stack: Stack, daemon: DaemonName): number | undefined {
  const recorded = readPid(stack, daemon);
  if (recorded !== undefined && carriesMarks(argsOf(recorded), stack, daemon)) return recorded;
  const found = allProcesses().find((process) => carriesMarks(process.args, stack, daemon));
  return found?.pid;
}

const pidFile = (stack: Stack, daemon: DaemonName): string => join(stack.folder, 'pids', `${daemon}.pid`);

export function recordPid(stack: Stack, daemon: DaemonName, pid: number): void {
  mkdirSync(join(stack.folder, 'pids'), { recursive: true });
  writeFileSync(pidFile(stack, daemon), `${pid}\n`);
}

export function forgetPid(stack: Stack, daemon: DaemonName): void {
  rmSync(pidFile(stack, daemon), { force: true });
}

function readPid(stack: Stack, daemon: DaemonName): number | undefined {
  const file = pidFile(stack, daemon);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').trim());
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}
