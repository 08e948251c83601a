/**
 * Processor time of other processes, from the kernel's own accounting: what a benchmark divides by its records.
 *
 * Source: proc(5), /proc/<pid>/stat, fields 14 and 15, in ticks of a hundredth of a second on Linux.
 */
import { readFileSync } from 'node:fs';
import { allProcesses, parentOf } from '../../core/process/process-table.ts';

const TICK_MS = 10;

/** Milliseconds of user and system time that a process has used; 0 once it is gone. */
export function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return 0;
  }
}

export interface CpuMeter {
  /** Milliseconds by name since the meter was made. */
  read(): Record<string, number>;
}

export function cpuMeter(pids: Readonly<Record<string, number>>): CpuMeter {
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)]));
  return {
    read: () => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid) - before[name]!])),
  };
}

/** A process with all that it has started and that lives. */
export function treeOf(root: number): number[] {
  const parents = new Map(allProcesses().map(({ pid }) => [pid, parentOf(pid)]));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

export function residentMbOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
