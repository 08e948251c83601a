/**
 * Work that can wait gives way to what cannot: runs of the batch layer to the speed layer and serving on the same
 * cores.
 *
 * Linux compares niceness only within a session when it groups processes by session, as most kernels do by default,
 * and every part of a stack leads a session of its own. So the group of such a session is made nice as well; that of a
 * terminal, which an operator shares with the command, is left alone. Between services of systemd or containers neither
 * counts; there CPUWeight and cpu_shares say the same.
 */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { leadsSession } from './process-table.ts';

const NICENESS = 10;

/** Makes a process give way: this one, or a child that leads a session of its own. */
export function giveWay(pid: number = process.pid): void {
  try {
    setPriority(pid, NICENESS);
    if (leadsSession(pid)) writeFileSync(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // The kernel does not group by session, or the process has ended.
  }
}
