/**
 * Which processes are ours: a daemon carries two marks on its command line, `-Dsightline.daemon=` and
 * `-Dsightline.home=`. The pid file only says where to look first.
 *
 * So a pid that the system has given to another program is never killed as a daemon, and `status` and `down` find a
 * daemon whose pid file was lost.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonName } from './daemons.ts';
import type { Stack } from '../stack/stack.ts';

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

const hasProc = existsSync('/proc/self/cmdline');

/** The arguments of a process; none if there is no such process, or it has ended and waits to be reaped. */
export function argsOf(pid: number): string[] {
  try {
    if (hasProc) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return [];
  }
}

export function allProcesses(): { pid: number; args: string[] }[] {
  if (hasProc) {
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    return pids.map((pid) => ({ pid, args: argsOf(pid) }));
  }
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/)).map(([pid, ...args]) => ({ pid: Number(pid), args }));
}

/**
 * When a process was born, as a text that no other process shares. It tells apart two processes that had the same pid
 * one after the other, also across a restart of the machine or of a container. Undefined if there is no such process.
 */
export function birthOf(pid: number): string | undefined {
  if (argsOf(pid).length === 0) return undefined;
  try {
    if (hasProc) return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${statOf(pid)[19]}`;
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** The parent's pid; undefined if there is no such process. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(
      hasProc ? statOf(pid)[1] : execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim(),
    );
  } catch {
    return undefined;
  }
}

/**
 * /proc/<pid>/stat from its third column on: state, parent, …; the second is a name in brackets, which may hold blanks.
 */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Sends a signal; false if the process was gone already. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
