/**
 * The name of a lease's owner: each process has one, and it tells whether that process has ended.
 *
 * lease.ts writes the name into the lock's row. Containers often share a host name and a process number, so the name
 * also has a random part and the process space: the boot of the kernel and the namespace in which the number is valid.
 * Only an owner of this process space can be looked up among the processes; lease.ts watches the row of any other.
 *
 *   owner   host:pid:start:space:random     start = clock ticks since boot; space = 12 hexadecimal digits, or ? where there is no /proc
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessSpace {
  /** `?` if it is not known; then no owner counts as one of this space. */
  readonly name: string;
  /** When the process with this number began; null if there is none or this process may not see it. */
  startTimeOf(pid: number): string | null;
  isAlive(pid: number): boolean;
}

const HERE: ProcessSpace = { name: spaceName(), startTimeOf, isAlive };
const THIS_OWNER = ownerOf(process.pid, HERE);

/** The name of this process: the same for as long as it lives. */
export function thisOwner(): string {
  return THIS_OWNER;
}

export function ownerOf(pid: number, space: ProcessSpace): string {
  return [hostname(), pid, space.startTimeOf(pid) ?? '?', space.name, randomBytes(6).toString('hex')].join(':');
}

/** True if the owner is a process of this process space that has ended. */
export function isDeadHere(owner: string, here: ProcessSpace = HERE): boolean {
  const [, pid, startTime, space, random] = owner.split(':');
  // Another version of the program, perhaps in another container, writes names of another form.
  if (random === undefined || here.name === '?' || space !== here.name) return false;
  const presentStartTime = here.startTimeOf(Number(pid));
  return presentStartTime !== startTime && (presentStartTime !== null || !here.isAlive(Number(pid)));
}

function spaceName(): string {
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

/** Null on systems other than Linux. */
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
