/**
 * Whether a run of the batch layer is active: true while a living process holds the lock of the lake.
 *
 * questions/trust.ts asks it.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import { LAKE_LEASE } from '../../core/stores/control/lease-rows.ts';
import { watchLease } from '../../core/stores/control/lease-watch.ts';

export type RunWatch = () => Promise<boolean>;

export function runWatch(control: Pick<ControlStore, 'lease'>, now: () => number): RunWatch {
  const look = watchLease(control, LAKE_LEASE, now);
  return async () => (await look()).isAlive;
}
