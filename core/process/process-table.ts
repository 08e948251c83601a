/** The processes of this machine: what /proc says of them, or `ps` where there is no /proc. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

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

/** Whether a process leads a session of its own, as those do that were spawned detached. */
export function leadsSession(pid: number): boolean {
  try {
    return hasProc && Number(statOf(pid)[3]) === pid;
  } catch {
    return false;
  }
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
