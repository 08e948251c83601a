/**
 * The grace: how long a published epoch stays in the speed view, so that an answer that began before still finds it
 * (law L5).
 *
 * A run records it with the horizon, and all processes use that record: an answer relies on half of the grace beside
 * the horizon that it read, and a prune waits until `keptUntil`. So two processes with different environments cannot
 * disagree, and a shorter grace takes nothing from an answer that began under a longer one.
 */
import type { Instant } from './time.ts';

export interface Grace {
  /** Twice the time for which an answer that reads this horizon may rely on the epochs after it. */
  readonly graceMs: number;
  /** No epoch up to this horizon leaves the speed view before. */
  readonly keptUntil: Instant;
}

type Recorded = Partial<Grace>;

/** The record of a horizon that a run moves at `publishedAt` with a grace of `graceMs`. */
export function graceAfter(before: Recorded | null, publishedAt: Instant, graceMs: number): Grace {
  const keptUntil = Math.max(before?.keptUntil ?? 0, publishedAt + Math.max(before?.graceMs ?? 0, graceMs)) as Instant;
  return { graceMs, keptUntil };
}

/** How long an answer may rely on epochs beyond the horizon after it read the horizon; 0 without a record. */
export function reliedOnMs(horizon: Recorded | null): number {
  return (horizon?.graceMs ?? 0) / 2;
}

/** How long an epoch up to this horizon stays. `otherwiseMs`: if an older version moved the horizon without a grace. */
export function keptForMs(horizon: Recorded & { readonly publishedAt: Instant }, otherwiseMs: number): number {
  if (horizon.keptUntil === undefined) return otherwiseMs;
  return Math.max(horizon.graceMs ?? 0, horizon.keptUntil - horizon.publishedAt);
}
