/**
 * What goes wrong in a simulation, and how often: each kind draws from a stream of its own, so that a seed that fails
 * can be tried again without one kind, or with the first few faults only, and the rest stays as it was (shrink.ts).
 */
import type { Dice } from './random.ts';
import { dice } from './random.ts';

export const FAULTS = [
  /** A worker dies at a named step of its round, or instead of trying a failed step again. */
  'crash',
  'give_up',
  /** A worker is not given a turn for long, and then goes on: a zombie, if its partitions went to others. */
  'sleep',
  'rebalance',
  /** Hours or days pass at once; the broker's clock steps back. */
  'time',
  'clock_back',
  /** A broker's clock runs ahead for some records of a partition; a reader's is wrong. */
  'broker_ahead',
  'reader_clock',
  /** A transaction's marker takes an offset and is never delivered. */
  'marker',
  'redelivered',
  'hbase_refused',
  'hbase_applied_but_failed',
  'hbase_repeated_later',
  /** A check-and-put is reported as failed and carried out much later, if what it expects holds then. */
  'hbase_checked_later',
  /** A call's rows arrive in two parts, with others' calls in between. */
  'hbase_slow',
  'kafka_unacknowledged',
  /** The command that grows the topic dies; the one that corrects stamps does. */
  'grow_crash',
  'correct_crash',
  /** The batch layer dies between writing its view and moving the horizon. */
  'batch_crash',
  /** The rules are changed by a rebuild (for a whole seed); the rebuild is killed. */
  'rebuild',
  'rebuild_crash',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultPlan {
  readonly without: readonly Fault[];
  readonly most: number;
}

export const EVERY_FAULT: FaultPlan = { without: [], most: Infinity };

export interface Faults {
  /** Whether this fault happens now. */
  strikes(fault: Fault, probability: number): boolean;
  /** For what a fault needs to know of its size. */
  dice(fault: Fault): Dice;
  /** From now on nothing goes wrong. */
  end(): void;
  areOver(): boolean;
  struck(): number;
}

export function faultsOf(seed: number, plan: FaultPlan): Faults {
  const streams = new Map(FAULTS.map((fault) => [fault, dice(seed, fault)]));
  let isOver = false;
  let struck = 0;
  return {
    strikes(fault, probability) {
      const isDrawn = streams.get(fault)!.chance(probability);
      if (!isDrawn || isOver || struck >= plan.most || plan.without.includes(fault)) return false;
      struck++;
      return true;
    },
    dice: (fault) => streams.get(fault)!,
    end() {
      isOver = true;
    },
    areOver: () => isOver,
    struck: () => struck,
  };
}
