/**
 * Whether a run of the batch layer is under way, from the lock of the lake that it holds.
 *
 * Asked by questions/trust.ts. The lock is a row whose number grows while its owner lives; like a contender for it, the
 * watch trusts no clock but its own, so an owner that died holds the lock in vain after its length. Before the second
 * look an owner counts as alive.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { Lease } from '../../core/stores/control/lease-rows.ts';
import { LAKE_LEASE, NOBODY } from '../../core/stores/control/lease-rows.ts';

export type RunWatch = () => Promise<boolean>;

export function runWatch(control: Pick<ControlStore, 'lease'>, now: () => number): RunWatch {
  let last: { lease: Lease; since: number } | null = null;
  return async () => {
    const lease = await control.lease(LAKE_LEASE);
    if (!lease || lease.owner === NOBODY) {
      last = null;
      return false;
    }
    const stands = last && last.lease.owner === lease.owner && last.lease.renewal === lease.renewal;
    const since = stands && last ? last.since : now();
    last = { lease, since };
    return now() - since < lease.lengthMs;
  };
}
