/**
 * Holds a lease around a piece of work: takes it, works, gives it back.
 *
 * The batch layer's locks (batch-layer/lock/lake-lock.ts) and packing of footage call it; lease.ts renews the lease.
 * The work gets a signal that is aborted when the caller's is, or when the lease is lost, with the reason.
 */
import type { HeldLease } from './lease.ts';
import type { LeaseRows } from './lease-rows.ts';
import { LEASE_DEFAULTS, takeLease } from './lease.ts';
import { thisOwner } from './lease-owner.ts';

export interface LeaseCaller {
  readonly signal: AbortSignal;
  /** Called if HBase does not let the lease be given back; it ends by itself within its length. */
  readonly onKept: (fault: unknown) => void;
}

/** Throws a Refusal with exit code 6 if a living process holds the lease, or if it is lost meanwhile. */
export async function withLease<T>(
  control: LeaseRows,
  name: string,
  { signal, onKept }: LeaseCaller,
  work: (signal: AbortSignal, lease: HeldLease) => Promise<T>,
): Promise<T> {
  const lease = await takeLease(control, name, { ...LEASE_DEFAULTS, owner: thisOwner(), signal });
  try {
    return await work(AbortSignal.any([signal, lease.lost]), lease);
  } catch (fault) {
    // If the lease is lost, that is the cause of any other fault.
    if (lease.lost.aborted && !signal.aborted) throw lease.lost.reason;
    throw fault;
  } finally {
    await lease.release().catch(onKept);
  }
}
