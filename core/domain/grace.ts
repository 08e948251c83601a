/**
 * The grace: how long a published epoch stays in the speed view, so that an answer that was begun before still finds it
 * (law L5).
 *
 * A run records it with the horizon, and everybody goes by that record: an answer counts on half of the grace that
 * stands beside the horizon that it read, a prune waits until `keptUntil`. So two processes whose environments differ
 * cannot disagree, and a grace that is made shorter takes nothing from an answer that was begun under the longer one.
 */
import type { Instant } from './time.ts';

export interface Grace {
  /** What an answer that reads this horizon may count on, twice over. */
  readonly graceMs: number;
  /** Nothing up to this horizon may leave the speed view before. */
  readonly keptUntil: Instant;
}

type Recorded = Partial<Grace>;

/** What is recorded with a horizon that is moved at `publishedAt` by a run that asks for `graceMs`. */
export function graceAfter(before: Recorded | null, publishedAt: Instant, graceMs: number): Grace {
  const keptUntil = Math.max(before?.keptUntil ?? 0, publishedAt + Math.max(before?.graceMs ?? 0, graceMs)) as Instant;
  return { graceMs, keptUntil };
}

/**
 * For how long after it read the horizon an answer may count on epochs beyond it; where nothing is recorded, not at
 * all.
 */
export function reliedOnMs(horizon: Recorded | null): number {
  return (horizon?.graceMs ?? 0) / 2;
}

/**
 * How long after its publishing an epoch up to this horizon stays. `otherwiseMs`: where an older version moved the
 * horizon.
 */
export function keptForMs(horizon: Recorded & { readonly publishedAt: Instant }, otherwiseMs: number): number {
  if (horizon.keptUntil === undefined) return otherwiseMs;
  return Math.max(horizon.graceMs ?? 0, horizon.keptUntil - horizon.publishedAt);
}
