/**
 * The lock of the lake: one run at a time, and none that a dead run keeps (law L9).
 *
 * run.ts holds it from its first look at the horizon to its last write. It is a row in HBase whose number grows while its owner
 * lives; a contender trusts no clock but its own: a number that stood still for the lease's length while it watched is dead, and
 * an owner on this machine whose process is gone is dead at once. An owner that cannot renew stops before others may take over.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlStore, Lease } from '../core/stores/control.ts';
import { NOBODY } from '../core/stores/control.ts';
import { EXIT, Refusal, Retryable } from '../core/process/errors.ts';

export interface LeaseOptions {
  readonly lengthMs: number;
  readonly owner: string;
  readonly isDead: (owner: string) => boolean;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

export interface HeldLease {
  /** Aborted when the lease was lost or could not be renewed in time. */
  readonly lost: AbortSignal;
  /** Throws unless the lease is still ours in HBase. */
  check(): Promise<void>;
  release(): Promise<void>;
}

export const LEASE_DEFAULTS = {
  lengthMs: 10_000,
  isDead: isDeadHere,
  now: () => performance.now(),
} as const;

/** Takes the lock, or throws a Refusal with exit code 6 when a live run holds it. */
export async function takeLease(control: ControlStore, name: string, options: LeaseOptions): Promise<HeldLease> {
  const found = await control.lease(name);
  if (found && found.owner !== NOBODY && !options.isDead(found.owner)) await watchStandStill(control, name, found, options);
  const mine: Lease = { owner: options.owner, renewal: (found?.renewal ?? 0) + 1, lengthMs: options.lengthMs };
  if (!(await control.moveLease(name, found, mine))) throw held(name, (await control.lease(name))?.owner);
  return keep(control, name, mine, options);
}

async function watchStandStill(control: ControlStore, name: string, found: Lease, options: LeaseOptions): Promise<void> {
  const began = options.now();
  while (options.now() - began < found.lengthMs) {
    await sleep(Math.min(100, found.lengthMs / 40), undefined, options.signal ? { signal: options.signal } : {});
    const now = await control.lease(name);
    if (now?.renewal !== found.renewal || now.owner !== found.owner) throw held(name, now?.owner);
  }
}

function keep(control: ControlStore, name: string, first: Lease, options: LeaseOptions): HeldLease {
  const loss = new AbortController();
  let mine = first;
  let renewedAt = options.now();
  let last: Promise<void> = Promise.resolve();
  const lose = (because: string): void => loss.abort(new Refusal(EXIT.lake_held, `The lock ${name} was lost: ${because}`));
  const move = async (to: Lease): Promise<void> => {
    const moved = await control.moveLease(name, mine, to);
    // An answer that got lost on the way: the row says whether the move was made.
    const now = moved ? to : await control.lease(name);
    if (now?.owner !== to.owner || now.renewal !== to.renewal) return lose(`${now?.owner ?? 'nobody'} holds it now`);
    mine = to;
    renewedAt = options.now();
  };
  const renew = (): void => {
    last = last.then(async () => {
      if (loss.signal.aborted) return;
      await move({ ...mine, renewal: mine.renewal + 1 }).catch((fault: unknown) => {
        if (!(fault instanceof Retryable)) lose(String(fault));
      });
      if (options.now() - renewedAt > options.lengthMs * 0.8) lose(`it could not be renewed for ${options.lengthMs * 0.8} ms`);
    });
  };
  // Often, so that a contender sees within a second that the owner lives.
  const timer = setInterval(renew, options.lengthMs / 10);
  timer.unref();
  return {
    lost: loss.signal,
    async check() {
      loss.signal.throwIfAborted();
      if ((await control.lease(name))?.owner !== options.owner) lose('another run took it');
      loss.signal.throwIfAborted();
    },
    async release() {
      clearInterval(timer);
      await last;
      if (!loss.signal.aborted) await move({ ...mine, owner: NOBODY, renewal: mine.renewal + 1 });
    },
  };
}

function held(name: string, owner = 'another run'): Refusal {
  return new Refusal(EXIT.lake_held, `${owner} holds the lock ${name}; one run at a time. Try again when it has ended.`);
}

// ---- owners --------------------------------------------------------------------------------------------------------

/** This process, told from a later one with the same number by its start time. */
export function thisOwner(): string {
  return `${hostname()}:${process.pid}:${startTimeOf(process.pid) ?? '?'}`;
}

/** Whether an owner ran on this machine and runs no more. */
export function isDeadHere(owner: string): boolean {
  const [host, pid, startTime] = owner.split(':');
  if (host !== hostname()) return false;
  const found = startTimeOf(Number(pid));
  return found !== startTime && (found !== null || !isAlive(Number(pid)));
}

/** Clock ticks since boot at which a process began (Linux; null elsewhere or if there is none). */
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
