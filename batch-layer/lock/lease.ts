/**
 * The lock of the lake: one run at a time, and none that a dead run keeps (law L9).
 *
 * run.ts holds it from its first look at the horizon to its last write. It is a row in HBase whose number grows while
 * its owner lives; a contender trusts no clock but its own: a number that stood still for the lease's length while it
 * watched is dead, and an owner on this machine whose process is gone is dead at once (lease-owner.ts). The holder
 * counts from the other end: from when it sent the last renewal that was acknowledged, and for less than the length, by
 * a timer that no hanging call can hold up. So it has stopped before anybody else may begin.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { Lease } from '../../core/stores/control/lease-rows.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { isDeadHere } from './lease-owner.ts';
import { NOBODY } from '../../core/stores/control/lease-rows.ts';

/** Time, for the holder and for a contender. Tests bring their own. */
export interface LeaseClock {
  /** Milliseconds that never step back. */
  now(): number;
  /** Calls once; returns what calls it off. */
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
  /** Aborted when the lease was lost or could not be renewed in time. */
  readonly lost: AbortSignal;
  /**
   * Throws unless the lease is still ours, by our clock and in HBase. To be asked before every step that nobody else
   * may see done.
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Of the length, how long a holder may work after sending a renewal; the rest is for steps under way and clocks of
 * another pace.
 */
const HELD_SHARE = 0.8;
/** Often, so that a contender sees within a second that the owner lives. */
const RENEWALS_IN_A_LENGTH = 10;

const PROCESS_CLOCK: LeaseClock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export const LEASE_DEFAULTS = { lengthMs: 10_000, isDead: isDeadHere, clock: PROCESS_CLOCK } as const;

/** Takes the lock, or throws a Refusal with exit code 6 when a live run holds it. */
export async function takeLease(
  control: Pick<ControlStore, 'lease' | 'moveLease'>,
  name: string,
  options: LeaseOptions,
): Promise<HeldLease> {
  const found = await control.lease(name);
  if (found && found.owner !== NOBODY && !options.isDead(found.owner))
    await watchStandStill(control, name, found, options);
  const mine: Lease = { owner: options.owner, renewal: (found?.renewal ?? 0) + 1, lengthMs: options.lengthMs };
  const sentAt = options.clock.now();
  const isMoved = (await control.moveLease(name, found, mine)) || isSame(await control.lease(name), mine);
  if (!isMoved) throw held(name, (await control.lease(name))?.owner);
  return keep(control, name, mine, sentAt, options);
}

async function watchStandStill(
  control: Pick<ControlStore, 'lease'>,
  name: string,
  found: Lease,
  { clock, signal }: LeaseOptions,
): Promise<void> {
  const began = clock.now();
  while (clock.now() - began < found.lengthMs) {
    await new Promise<void>((resolve) => clock.after(Math.min(100, found.lengthMs / 40), resolve));
    signal?.throwIfAborted();
    const now = await control.lease(name);
    if (!isSame(now, found)) throw held(name, now?.owner);
  }
}

function isSame(a: Lease | null, b: Lease): boolean {
  return a?.renewal === b.renewal && a.owner === b.owner;
}

function keep(
  control: Pick<ControlStore, 'lease' | 'moveLease'>,
  name: string,
  first: Lease,
  firstSentAt: number,
  options: LeaseOptions,
): HeldLease {
  const { clock, lengthMs } = options;
  const loss = new AbortController();
  let mine = first;
  let endsAt = -Infinity;
  let callOffEnd = (): void => undefined;
  let callOffRenewal = (): void => undefined;
  let underWay: Promise<void> = Promise.resolve();

  const lose = (because: string): void => {
    callOffEnd();
    callOffRenewal();
    loss.abort(
      new Refusal(
        EXIT.lake_held,
        `The lock ${name} was lost: ${because}. Nothing more is written; run again, it goes on from there.`,
      ),
    );
  };
  const expire = (): void =>
    lose(`no renewal of the last ${(lengthMs * HELD_SHARE) / 1_000} s was acknowledged by HBase`);
  const heldSince = (sentAt: number): void => {
    endsAt = sentAt + lengthMs * HELD_SHARE;
    callOffEnd();
    callOffEnd = clock.after(Math.max(0, endsAt - clock.now()), expire);
  };
  const move = async (to: Lease): Promise<void> => {
    const sentAt = clock.now();
    const moved = await control.moveLease(name, mine, to);
    // An answer that got lost on the way: the row says whether the move was made.
    const now = moved ? to : await control.lease(name);
    if (loss.signal.aborted) return;
    if (!isSame(now, to)) return lose(`${now?.owner ?? 'nobody'} holds it now`);
    mine = to;
    heldSince(sentAt);
  };
  const renewLater = (): void => {
    callOffRenewal = clock.after(lengthMs / RENEWALS_IN_A_LENGTH, () => {
      underWay = move({ ...mine, renewal: mine.renewal + 1 })
        .catch((fault: unknown) => {
          if (!(fault instanceof Retryable)) lose(messageOf(fault));
        })
        .finally(() => loss.signal.aborted || renewLater());
    });
  };
  heldSince(firstSentAt);
  renewLater();
  return {
    lost: loss.signal,
    async check() {
      if (!loss.signal.aborted && clock.now() >= endsAt) expire();
      loss.signal.throwIfAborted();
      const now = await control.lease(name);
      if (now?.owner !== options.owner && !loss.signal.aborted) lose(`${now?.owner || 'nobody'} holds it now`);
      loss.signal.throwIfAborted();
    },
    async release() {
      callOffRenewal();
      // A renewal that hangs must not hold up the end; what it says is of no use after a loss.
      await Promise.race([underWay, ended(loss.signal)]);
      callOffRenewal();
      try {
        if (!loss.signal.aborted) await move({ ...mine, owner: NOBODY, renewal: mine.renewal + 1 });
      } finally {
        callOffEnd();
      }
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function held(name: string, owner = 'another run'): Refusal {
  return new Refusal(
    EXIT.lake_held,
    `${owner} holds the lock ${name}; one run at a time. Try again when it has ended.`,
  );
}
