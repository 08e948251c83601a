/**
 * Clocks that are wrong: of brokers, whose stamps jump far ahead and back, and of readers, by minutes to days either
 * way.
 *
 * A stamp is a fact of the log, so the truth takes it as it is. A reader's clock must decide nothing but when it waits;
 * the greatest lead that any of them had bounds how far ahead an arrival may ever be (check.ts).
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import type { Faults } from './faults.ts';
import type { Dice } from './random.ts';

/** BROKER_AHEAD_SECONDS of every reader here. */
export const AHEAD_MS = 5 * MINUTE_MS;

export interface Clocks {
  /** How far ahead the stamp of a partition's next record is. */
  brokerAheadMs(partition: number): number;
  /** A clock for a new reader. */
  reader(trueMs: () => number): () => number;
  /** The greatest lead of a reader so far. */
  greatestLeadMs(): number;
}

export function simulatedClocks(faults: Faults): Clocks {
  const brokers = new Map<number, { aheadMs: number; left: number }>();
  let greatestLead = 0;
  return {
    brokerAheadMs(partition) {
      if (faults.strikes('broker_ahead', 0.01)) {
        const dice = faults.dice('broker_ahead');
        brokers.set(partition, { aheadMs: leadMs(dice), left: 1 + dice.below(12) });
      }
      const broker = brokers.get(partition);
      if (!broker || faults.areOver()) return 0;
      if (--broker.left === 0) brokers.delete(partition);
      return broker.aheadMs;
    },
    reader(trueMs) {
      if (!faults.strikes('reader_clock', 0.2)) return trueMs;
      const dice = faults.dice('reader_clock');
      const skewMs = leadMs(dice) * (dice.chance(0.5) ? 1 : -1);
      greatestLead = Math.max(greatestLead, skewMs);
      return () => trueMs() + (faults.areOver() ? 0 : skewMs);
    },
    greatestLeadMs: () => greatestLead,
  };
}

/** Minutes, hours or days. */
function leadMs(dice: Dice): number {
  return 1 + dice.below(dice.pick([10 * MINUTE_MS, 10 * HOUR_MS, 10 * DAY_MS]));
}
