/**
 * Tallies: what became of the records of one partition, in numbers that always add up (law L7).
 *
 * records = new + copies + strays + deferred + dead letters + ticks. The speed layer keeps them in the progress row,
 * the batch layer counts them again from the log, the report compares the two.
 */
import type { DeadLetterReason } from './dead-letters.ts';

export interface Tallies {
  readonly new: number;
  readonly copies: number;
  readonly strays: number;
  readonly deferred: number;
  readonly dead_letters: number;
  readonly ticks: number;
  /** Parts of dead_letters; a reason that never occurred is left out. */
  readonly dead_letters_by_reason: Readonly<Partial<Record<DeadLetterReason, number>>>;
}

export const NO_TALLIES: Tallies = {
  new: 0,
  copies: 0,
  strays: 0,
  deferred: 0,
  dead_letters: 0,
  ticks: 0,
  dead_letters_by_reason: {},
};

export function recordsOf(t: Tallies): number {
  return t.new + t.copies + t.strays + t.deferred + t.dead_letters + t.ticks;
}

export function addTallies(a: Tallies, b: Tallies): Tallies {
  const byReason: Partial<Record<DeadLetterReason, number>> = { ...a.dead_letters_by_reason };
  for (const [reason, count] of Object.entries(b.dead_letters_by_reason) as [DeadLetterReason, number][]) {
    byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  return {
    new: a.new + b.new,
    copies: a.copies + b.copies,
    strays: a.strays + b.strays,
    deferred: a.deferred + b.deferred,
    dead_letters: a.dead_letters + b.dead_letters,
    ticks: a.ticks + b.ticks,
    dead_letters_by_reason: byReason,
  };
}
