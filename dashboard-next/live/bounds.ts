/**
 * From what is chosen to the instants that are asked for: the window itself, the period before, and complete minutes for fair
 * comparison.
 *
 * Counts are kept by the minute and windows are aligned outward, so a rolling window always ends inside a minute that is not
 * over. A change in per cent would swing with it; comparisons therefore end where every minute is complete and known. The
 * timeline's buckets begin at multiples of their step, for the period before too, so that the two lie on each other.
 */
import type { Shown, WindowName } from './address.ts';
import type { Span } from './questions.ts';
import { WINDOWS } from './address.ts';
import { lengthText } from './times.ts';

export const MINUTE_MS = 60_000;
/** A minute counts as complete when the answer is this far past its end: uploads are a little late. */
const SETTLED_AFTER_MS = 10_000;
const STEPS_SECONDS = [60, 300, 600, 3_600, 86_400] as const;
const MOST_BUCKETS = 180;
const STEP_OF_WINDOW: Record<WindowName, number> = { '5m': 60, '15m': 60, '1h': 60, '24h': 600, '7d': 3_600 };

type Chosen = Pick<Shown, 'window' | 'fixed'>;

export function spanOf({ window, fixed }: Chosen, now: number): Span {
  if (fixed) return fixed;
  const lengthMs = WINDOWS[window] * MINUTE_MS;
  const floor = (t: number): number => Math.floor(t / MINUTE_MS) * MINUTE_MS;
  return { from: floor(now - lengthMs), to: floor(now) + MINUTE_MS };
}

/** Length of the chosen window; a rolling one's is its name's, not that of its aligned bounds. */
export function lengthMsOf({ window, fixed }: Chosen): number {
  return fixed ? fixed.to - fixed.from : WINDOWS[window] * MINUTE_MS;
}

/** Whether nothing more can be detected in it. */
export function isOver({ fixed }: Chosen, now: number): boolean {
  return fixed !== null && fixed.to <= now;
}

export interface Comparison {
  readonly now: Span;
  readonly before: Span;
}

/** Two periods of equal length, of complete minutes, one right before the other; null if not one minute is complete. */
export function comparisonOf(chosen: Chosen, asOf: number): Comparison | null {
  const end = Math.floor((asOf - SETTLED_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
  const lengthMs = lengthMsOf(chosen);
  if (!chosen.fixed) {
    const now = { from: end - lengthMs, to: end };
    return now.from - lengthMs < 0 ? null : { now, before: { from: now.from - lengthMs, to: now.from } };
  }
  const { from } = chosen.fixed;
  const to = Math.min(chosen.fixed.to, end);
  if (to <= from || from - lengthMs < 0) return null;
  return { now: { from, to }, before: { from: from - lengthMs, to: to - lengthMs } };
}

export function stepSecondsOf(chosen: Chosen): number {
  if (!chosen.fixed) return STEP_OF_WINDOW[chosen.window];
  const seconds = (chosen.fixed.to - chosen.fixed.from) / 1_000;
  return STEPS_SECONDS.find((step) => seconds / step <= MOST_BUCKETS) ?? 86_400;
}

/** What the timeline's line shows: the window's buckets, whole ones, moved back by `shiftMs`. */
export function lineBeforeOf(chosen: Chosen, span: Span): { span: Span; shiftMs: number } | null {
  const stepMs = stepSecondsOf(chosen) * 1_000;
  const shiftMs = Math.ceil(lengthMsOf(chosen) / stepMs) * stepMs;
  const from = Math.floor(span.from / stepMs) * stepMs - shiftMs;
  const to = Math.ceil(span.to / stepMs) * stepMs - shiftMs;
  return from < 0 ? null : { span: { from, to }, shiftMs };
}

/** The period that ← or → leads to; a rolling window again where it would pass the present. */
export function neighbour(chosen: Chosen, direction: -1 | 1, now: number): Span | null {
  const lengthMs = lengthMsOf(chosen);
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const from = chosen.fixed ? chosen.fixed.from : end - lengthMs;
  const next = { from: from + direction * lengthMs, to: from + direction * lengthMs + lengthMs };
  return next.to > end + MINUTE_MS || next.from < 0 ? null : next;
}

/** `last 24 h`, or `90 min` of a fixed range. */
export function windowWords(chosen: Chosen): string {
  const length = lengthText(lengthMsOf(chosen));
  return chosen.fixed ? length : `last ${length}`;
}
