/**
 * Where a rebuilt generation begins: which epochs it gets from the archive, and which first-met rows its worker needs
 * before it counts (laws L6, L9).
 *
 * rebuild.ts asks for the epochs, first-met-rows.ts writes the rows; the simulation does both in memory. Pure.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { endOf, epochAt, startOf } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';

/** The last epoch of the new rules that ends with the old horizon or before it; null if there is none. */
export function lastWholeEpoch(horizon: Pick<Horizon, 'epoch'>, oldRules: Rules, rules: Rules): Epoch | null {
  const last = (epochAt(endOf(horizon.epoch, oldRules), rules) - 1) as Epoch;
  return last >= rules.firstEpoch ? last : null;
}

/**
 * A row that was first met at this instant or later can be in force for a record after the horizon, because such a
 * record does not arrive before the horizon's end.
 */
export function inForceSince(horizon: Epoch, rules: Rules): Instant {
  // mutation: rebuilt-rows-since
  return (endOf(horizon, rules) - inForceMs(rules)) as Instant;
}

/** The published epochs that can hold such rows, in order. */
export function epochsInForce(horizon: Epoch, rules: Rules): Epoch[] {
  // mutation: rebuilt-rows-epochs
  const first = Math.max(rules.firstEpoch, epochAt(inForceSince(horizon, rules), rules));
  return Array.from({ length: horizon - first + 1 }, (_, i) => (first + i) as Epoch);
}

/** The rules of the next generation, with those that the environment sets. */
export function rulesAfter<R extends Rules & { readonly moving?: unknown }>(
  { moving: _, ...old }: R,
  asked: Pick<Rules, 'epochSeconds' | 'dedupWindowDays' | 'clockAheadDays'>,
): Omit<R, 'moving'> {
  const { epochSeconds, dedupWindowDays, clockAheadDays } = asked;
  const firstEpoch = epochAt(startOf(old.firstEpoch as Epoch, old), { epochSeconds });
  return {
    ...old,
    generation: old.generation + 1,
    epochSeconds,
    dedupWindowDays,
    clockAheadDays,
    firstEpoch,
    ownFirstMet: true,
  };
}
