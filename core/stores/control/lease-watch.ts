/**
 * Watches whether the owner of a lease lives (law L9).
 *
 * A lease is a row whose number grows while its owner lives. The watch trusts no clock but its own: an owner is dead
 * when the number stands still for the lease's length between two looks of this watch. core/stores/control/lease.ts
 * watches a lease that it wants to take; serving/snapshot/run-watch.ts tells whether a run is under way.
 */
import type { Lease, LeaseRows } from './lease-rows.ts';
import { NOBODY } from './lease-rows.ts';

export interface LeaseState {
  readonly lease: Lease | null;
  /** False if nobody owns the lease or its owner is dead. Until the second look an owner counts as alive. */
  readonly isAlive: boolean;
}

/** Returns a function that looks at the lease once. `now` gives milliseconds that never step back. */
export function watchLease(
  control: Pick<LeaseRows, 'lease'>,
  name: string,
  now: () => number,
): () => Promise<LeaseState> {
  let last: { lease: Lease; since: number } | null = null;
  return async () => {
    const lease = await control.lease(name);
    if (!lease || lease.owner === NOBODY) {
      last = null;
      return { lease, isAlive: false };
    }
    last = { lease, since: last && isSameLease(last.lease, lease) ? last.since : now() };
    return { lease, isAlive: now() - last.since < lease.lengthMs };
  };
}

export function isSameLease(a: Lease | null, b: Lease | null): boolean {
  return a?.renewal === b?.renewal && a?.owner === b?.owner;
}
