/**
 * A lock in the store of rows, for the lake and for packing: one process works at a time, and a dead one does not keep
 * it (law L9).
 *
 * with-lease.ts takes it for a whole piece of work. The lock is a row whose number grows while its owner lives. A
 * contender trusts no clock but its own: if the number stands still for the lease's length, the owner is dead
 * (lease-watch.ts), and an owner on this machine whose process has ended is dead at once (lease-owner.ts). The holder
 * counts from the moment when it sent the last renewal that the store acknowledged, and for less than the length. A
 * timer ends its work, so no call that hangs can delay the end. So the holder has stopped before another process may
 * begin.
 */
import type { ControlStore } from './control.ts';
import type { Lease } from './lease-rows.ts';
import type { LeaseState } from './lease-watch.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { isSameLease, watchLease } from './lease-watch.ts';
import { isDeadHere } from './lease-owner.ts';
import { NOBODY } from './lease-rows.ts';

/** Time, for the holder and for a contender. Tests pass a clock that they move. */
export interface LeaseClock {
  /** Milliseconds that never step back. */
  now(): number;
  /** Calls once after that time; returns a function that cancels the call. */
  after(ms: number, call: () => void): () => void;
}

export interface LeaseOptions {
  readonly lengthMs: number;
  readonly owner: string;
  readonly isDead: (owner: string) => boolean;
  readonly clock: LeaseClock;
  readonly signal?: AbortSignal;
}

export interface HeldLease {
  /** Aborted when the lease is lost or is not renewed in time. */
  readonly lost: AbortSignal;
  /**
   * Throws unless this process still holds the lease, by its clock and in HBase. Call it before every step whose effect
   * others see.
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * The share of the length for which a holder may work after it sent a renewal. The rest is for steps that are under way
 * and for clocks that run at another speed.
 */
const WORKING_SHARE = 0.8;
/** So many that a contender sees within a second that the owner lives. */
const RENEWALS_PER_LENGTH = 10;

const PROCESS_CLOCK: LeaseClock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export const LEASE_DEFAULTS = { lengthMs: 10_000, isDead: isDeadHere, clock: PROCESS_CLOCK } as const;

type Rows = Pick<ControlStore, 'lease' | 'moveLease'>;

/** Takes the lock, or throws a Refusal with exit code 6 if a living process holds it. */
export async function takeLease(control: Rows, name: string, options: LeaseOptions): Promise<HeldLease> {
  const look = watchLease(control, name, options.clock.now);
  const { lease: former, isAlive } = await look();
  if (former && isAlive && !options.isDead(former.owner)) await waitUntilDead(name, former, look, options);
  const mine: Lease = { owner: options.owner, renewal: (former?.renewal ?? 0) + 1, lengthMs: options.lengthMs };
  const sentAt = options.clock.now();
  const current = await moveRow(control, name, former, mine);
  if (!isSameLease(current, mine)) throw heldBy(current?.owner, name);
  return holdLease(control, name, { lease: mine, sentAt }, options);
}

/** Throws if the owner renews the lease. */
async function waitUntilDead(
  name: string,
  lease: Lease,
  look: () => Promise<LeaseState>,
  { clock, signal }: LeaseOptions,
): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => clock.after(Math.min(100, lease.lengthMs / 40), resolve));
    signal?.throwIfAborted();
    const state = await look();
    if (!isSameLease(state.lease, lease)) throw heldBy(state.lease?.owner, name);
    if (!state.isAlive) return;
  }
}

/** Returns the row afterwards. HBase may make the move and its answer may get lost: then the row shows the move. */
async function moveRow(control: Rows, name: string, from: Lease | null, to: Lease): Promise<Lease | null> {
  return (await control.moveLease(name, from, to)) ? to : control.lease(name);
}

function holdLease(
  control: Rows,
  name: string,
  taken: { lease: Lease; sentAt: number },
  { clock, lengthMs, owner }: LeaseOptions,
): HeldLease {
  const loss = new AbortController();
  let mine = taken.lease;
  let cancelRenewal = (): void => undefined;
  let renewal: Promise<void> = Promise.resolve();

  const lose = (reason: string): void => {
    deadline.cancel();
    cancelRenewal();
    loss.abort(lostLease(name, reason));
  };
  const expire = (): void => lose(`no renewal was acknowledged within ${(lengthMs * WORKING_SHARE) / 1_000} s`);
  const deadline = newDeadline(clock, expire);
  const move = async (to: Lease): Promise<void> => {
    const sentAt = clock.now();
    const current = await moveRow(control, name, mine, to);
    if (loss.signal.aborted) return;
    if (!isSameLease(current, to)) return lose(`${current?.owner || 'nobody'} holds it now`);
    mine = to;
    deadline.moveTo(sentAt + lengthMs * WORKING_SHARE);
  };
  const renewLater = (): void => {
    cancelRenewal = clock.after(lengthMs / RENEWALS_PER_LENGTH, () => {
      renewal = move({ ...mine, renewal: mine.renewal + 1 })
        .catch((fault: unknown) => {
          if (!(fault instanceof Retryable)) lose(messageOf(fault));
        })
        .finally(() => loss.signal.aborted || renewLater());
    });
  };
  deadline.moveTo(taken.sentAt + lengthMs * WORKING_SHARE);
  renewLater();
  return {
    lost: loss.signal,
    async check() {
      if (!loss.signal.aborted && deadline.hasPassed()) expire();
      loss.signal.throwIfAborted();
      const current = await control.lease(name);
      if (current?.owner !== owner && !loss.signal.aborted) lose(`${current?.owner || 'nobody'} holds it now`);
      loss.signal.throwIfAborted();
    },
    async release() {
      cancelRenewal();
      // A renewal that hangs must not delay the end; after a loss its answer has no use.
      await Promise.race([renewal, untilAborted(loss.signal)]);
      cancelRenewal();
      try {
        if (!loss.signal.aborted) await move({ ...mine, owner: NOBODY, renewal: mine.renewal + 1 });
      } finally {
        deadline.cancel();
      }
    },
  };
}

interface Deadline {
  moveTo(time: number): void;
  hasPassed(): boolean;
  cancel(): void;
}

/** Calls `expire` when its time has come. */
function newDeadline(clock: LeaseClock, expire: () => void): Deadline {
  let endsAt = -Infinity;
  let cancel = (): void => undefined;
  return {
    moveTo(time) {
      endsAt = time;
      cancel();
      cancel = clock.after(Math.max(0, endsAt - clock.now()), expire);
    },
    hasPassed: () => clock.now() >= endsAt,
    cancel: () => cancel(),
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function lostLease(name: string, reason: string): Refusal {
  return new Refusal(
    EXIT.lake_held,
    `The lock ${name} was lost: ${reason}. This process writes nothing more. Run again: it goes on from there.`,
  );
}

function heldBy(owner: string | undefined, name: string): Refusal {
  return new Refusal(
    EXIT.lake_held,
    `${owner || 'Another run'} holds the lock ${name}; only one run may work at a time. Try again when it has ended.`,
  );
}
