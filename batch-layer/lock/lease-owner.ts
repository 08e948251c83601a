/**
 * Names of those who hold leases: one a process, and whether its process is gone.
 *
 * lease.ts writes the name into the lock's row. Containers often have one host name and one process number, so a name
 * carries what differs: a random part, and the place where the number means something, which is a boot of a kernel and
 * a namespace of process numbers. Only an owner of this very place is looked up among the processes; all others are
 * watched like strangers.
 *
 *   owner   host:pid:start:place:random     start = clock ticks since boot; place = 12 hexadecimal digits, or ? where there is no /proc
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessSpace {
  /** `?`: not known, and then nobody is of it. */
  readonly name: string;
  /** When the process with this number began; null if there is none, or it cannot be seen. */
  startTimeOf(pid: number): string | null;
  isAlive(pid: number): boolean;
}

const HERE: ProcessSpace = { name: placeName(), startTimeOf, isAlive };
const THIS_OWNER = ownerOf(process.pid, HERE);

/** This process: the same name for as long as it lives. */
export function thisOwner(): string {
  return THIS_OWNER;
}

export function ownerOf(pid: number, place: ProcessSpace): string {
  return [hostname(), pid, place.startTimeOf(pid) ?? '?', place.name, randomBytes(6).toString('hex')].join(':');
}

/** Whether an owner is a process of this machine, seen from here, that runs no more. */
export function isDeadHere(owner: string, here: ProcessSpace = HERE): boolean {
  const [, pid, startTime, place, random] = owner.split(':');
  // A name of another form was written by another version, which may be another container.
  if (random === undefined || here.name === '?' || place !== here.name) return false;
  const found = here.startTimeOf(Number(pid));
  return found !== startTime && (found !== null || !here.isAlive(Number(pid)));
}

function placeName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return createHash('sha256')
      .update(`${boot} ${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 12);
  } catch {
    return '?';
  }
}

/** Linux; null elsewhere. */
function startTimeOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
