/** What /proc says of processes; nothing of one that has ended. */
import { readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MB = 1_024;

/** NaN for a process that has ended. */
export function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(told(pid, 'status') ?? '')?.[1] ?? NaN) / KIB_PER_MB;
}

export function pidsOfAll(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function told(pid: number, file: 'status'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
