/**
 * Where a generation that is rebuilt begins: what the archive gives it, and what its worker must know before it counts
 * on (laws L6, L9).
 *
 * rebuild.ts asks for it, first-met-rows.ts carries it out, the simulation does both in memory. Pure.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { endOf, epochAt, startOf } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';

/** The last epoch of these rules that ends with the old horizon or before it; null if not one does. */
export function lastWholeEpoch(horizon: Pick<Horizon, 'epoch'>, oldRules: Rules, rules: Rules): Epoch | null {
  const last = (epochAt(endOf(horizon.epoch, oldRules), rules) - 1) as Epoch;
  return last >= rules.firstEpoch ? last : null;
}

/**
 * Rows that were first met at this instant or later can be in force for a record beyond the horizon: its arrival is not
 * before the horizon's end.
 */
export function inForceSince(horizon: Epoch, rules: Rules): Instant {
  return (endOf(horizon, rules) - inForceMs(rules)) as Instant;
}

/** The published epochs that may hold such rows, in order. */
export function epochsInForce(horizon: Epoch, rules: Rules): Epoch[] {
  const first = Math.max(rules.firstEpoch, epochAt(inForceSince(horizon, rules), rules));
  return Array.from({ length: horizon - first + 1 }, (_, i) => (first + i) as Epoch);
}

/** The rules of the generation that follows, with what the environment asks for. */
export function rulesAfter<R extends Rules>(
  old: R,
  asked: Pick<Rules, 'epochSeconds' | 'dedupWindowDays' | 'clockAheadDays'>,
): R {
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
