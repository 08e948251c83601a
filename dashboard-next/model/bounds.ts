/**
 * From what is chosen to the instants that are asked for: the window itself, the period before, and complete minutes
 * for fair comparison.
 *
 * Counts are kept by the minute and windows are aligned outward, so a rolling window always ends inside a minute that
 * is not over. A change in per cent would swing with it; comparisons therefore end where every minute is complete and
 * known. The timeline's buckets begin at multiples of their step, and days with those of the zone, for the period
 * before too, so that the two lie on each other.
 */
import type { Shown, WindowName } from './address.ts';
import type { Span } from './questions.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { dayOf, midnightBefore, startOfDay } from '../../core/domain/zone.ts';
import { WINDOWS } from './address.ts';
import { lengthText, NBSP } from '../text/times.ts';

export const MINUTE_MS = 60_000;
/** A minute counts as complete when the answer is this far past its end: uploads are a little late. */
const SETTLED_AFTER_MS = 10_000;
const STEPS_SECONDS = [60, 300, 600, 3_600, 86_400] as const;
const MOST_BUCKETS = 180;
const STEP_OF_WINDOW: Record<WindowName, number> = { '5m': 60, '15m': 60, '1h': 60, '24h': 600, '7d': 3_600 };

type Chosen = Pick<Shown, 'window' | 'fixed'>;
/** With the zone whose days are meant. */
type ChosenThere = Chosen & Pick<Shown, 'tz'>;

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

/**
 * What the timeline's line shows: the window's buckets, whole ones, moved back by `shiftMs`; by the zone's calendar
 * where they are days.
 */
export function lineBeforeOf(chosen: ChosenThere, span: Span): { span: Span; shiftMs: number } | null {
  const stepMs = stepSecondsOf(chosen) * 1_000;
  if (stepMs === DAY_MS && chosen.tz !== 'UTC') return daysBeforeOf(chosen.tz, span);
  const shiftMs = Math.ceil(lengthMsOf(chosen) / stepMs) * stepMs;
  // In a zone that is not whole hours off UTC the outermost buckets begin and end beyond multiples of the step.
  const beyondMs = chosen.tz === 'UTC' ? 0 : stepMs;
  const from = Math.floor(span.from / stepMs) * stepMs - beyondMs - shiftMs;
  const to = Math.ceil(span.to / stepMs) * stepMs + beyondMs - shiftMs;
  return from < 0 ? null : { span: { from, to }, shiftMs };
}

function daysBeforeOf(tz: string, span: Span): { span: Span; shiftMs: number } | null {
  const [first, last] = [dayOf(span.from, tz), dayOf(span.to - 1, tz)];
  const days = last - first + 1;
  const from = startOfDay(first - days, tz);
  return from < 0 ? null : { span: { from, to: startOfDay(first, tz) }, shiftMs: days * DAY_MS };
}

/**
 * The period that ← or → leads to; a rolling window again where it would pass the present. Whole days lead to whole
 * days.
 */
export function neighbour(chosen: ChosenThere, direction: -1 | 1, now: number): Span | null {
  const lengthMs = lengthMsOf(chosen);
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const from = chosen.fixed ? chosen.fixed.from : end - lengthMs;
  const next = wholeDaysBeside(chosen, direction) ?? {
    from: from + direction * lengthMs,
    to: from + direction * lengthMs + lengthMs,
  };
  return next.to > end + MINUTE_MS || next.from < 0 ? null : next;
}

/** As many days of the zone before or after a range of whole ones; null for any other. */
function wholeDaysBeside(chosen: ChosenThere, direction: -1 | 1): Span | null {
  const days = wholeDaysOf(chosen);
  if (!days) return null;
  const first = days.first + direction * days.count;
  return { from: startOfDay(first, chosen.tz), to: startOfDay(first + days.count, chosen.tz) };
}

/** Null unless the range is whole days of the zone. */
function wholeDaysOf({ fixed, tz }: ChosenThere): { first: number; count: number } | null {
  if (!fixed || midnightBefore(fixed.from, tz) !== fixed.from || midnightBefore(fixed.to, tz) !== fixed.to) return null;
  const first = dayOf(fixed.from, tz);
  return { first, count: dayOf(fixed.to, tz) - first };
}

/** `24 h`; `14 d` of a range of whole days, whether or not one of them has 25 hours. */
export function lengthWords(chosen: ChosenThere): string {
  const days = wholeDaysOf(chosen);
  return days && days.count > 1 ? `${days.count}${NBSP}d` : lengthText(lengthMsOf(chosen));
}

/** `per min`, `per 10 min`, `per day`. */
export function bucketWords(stepSeconds: number): string {
  return stepSeconds === DAY_MS / 1_000 ? 'day' : lengthText(stepSeconds * 1_000).replace(/^1\u00a0/, '');
}

/** `last 24 h`, or `90 min` of a fixed range. */
export function windowWords(chosen: ChosenThere): string {
  const length = lengthWords(chosen);
  return chosen.fixed ? length : `last ${length}`;
}
