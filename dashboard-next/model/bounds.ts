/**
 * Turns a choice of window into the instants that are asked for: the window, the period before it, and complete minutes
 * for comparison.
 *
 * Counts are kept by the minute and windows are aligned outward, so a rolling window always ends inside a minute that
 * is not over. A change in per cent would vary with that minute; comparisons therefore end with the last complete
 * minute. Buckets of the timeline start at multiples of their step, and days at the zone's midnight, also in the period
 * before, so that the two match.
 */
import type { Choices, WindowName } from './address.ts';
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

type WindowChoice = Pick<Choices, 'window' | 'fixed'>;
/** With the zone of its days. */
type ZonedWindowChoice = WindowChoice & Pick<Choices, 'tz'>;

export function spanOf({ window, fixed }: WindowChoice, now: number): Span {
  if (fixed) return fixed;
  const lengthMs = WINDOWS[window] * MINUTE_MS;
  const floor = (t: number): number => Math.floor(t / MINUTE_MS) * MINUTE_MS;
  return { from: floor(now - lengthMs), to: floor(now) + MINUTE_MS };
}

/** Length of the chosen window. A rolling window has the length in its name, not that of its aligned bounds. */
export function lengthMsOf({ window, fixed }: WindowChoice): number {
  return fixed ? fixed.to - fixed.from : WINDOWS[window] * MINUTE_MS;
}

/** Whether the range lies in the past. */
export function isOver({ fixed }: WindowChoice, now: number): boolean {
  return fixed !== null && fixed.to <= now;
}

interface Comparison {
  readonly now: Span;
  readonly before: Span;
}

/** Two periods of complete minutes and equal length, one right after the other; null if no minute is complete. */
export function comparisonOf(choice: WindowChoice, asOf: number): Comparison | null {
  const end = Math.floor((asOf - SETTLED_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
  const lengthMs = lengthMsOf(choice);
  if (!choice.fixed) {
    const now = { from: end - lengthMs, to: end };
    return now.from - lengthMs < 0 ? null : { now, before: { from: now.from - lengthMs, to: now.from } };
  }
  const { from } = choice.fixed;
  const to = Math.min(choice.fixed.to, end);
  if (to <= from || from - lengthMs < 0) return null;
  return { now: { from, to }, before: { from: from - lengthMs, to: to - lengthMs } };
}

export function stepSecondsOf(choice: WindowChoice): number {
  if (!choice.fixed) return STEP_OF_WINDOW[choice.window];
  const seconds = (choice.fixed.to - choice.fixed.from) / 1_000;
  return STEPS_SECONDS.find((step) => seconds / step <= MOST_BUCKETS) ?? 86_400;
}

/** The period before, for the line of the timeline: whole buckets, moved back by `shiftMs`, or by days of the zone. */
export function lineBeforeOf(choice: ZonedWindowChoice, span: Span): { span: Span; shiftMs: number } | null {
  const stepMs = stepSecondsOf(choice) * 1_000;
  if (stepMs === DAY_MS && choice.tz !== 'UTC') return daysBeforeOf(choice.tz, span);
  const shiftMs = Math.ceil(lengthMsOf(choice) / stepMs) * stepMs;
  // In a zone whose offset is not a whole hour, the first and last bucket reach beyond multiples of the step.
  const beyondMs = choice.tz === 'UTC' ? 0 : stepMs;
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

/** The period that ← or → selects; null if it would reach past the present. Whole days lead to whole days. */
export function neighbour(choice: ZonedWindowChoice, direction: -1 | 1, now: number): Span | null {
  const lengthMs = lengthMsOf(choice);
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const from = choice.fixed ? choice.fixed.from : end - lengthMs;
  const next = wholeDaysBeside(choice, direction) ?? {
    from: from + direction * lengthMs,
    to: from + direction * lengthMs + lengthMs,
  };
  return next.to > end + MINUTE_MS || next.from < 0 ? null : next;
}

/** As many days of the zone before or after a range of whole ones; null for any other. */
function wholeDaysBeside(choice: ZonedWindowChoice, direction: -1 | 1): Span | null {
  const days = wholeDaysOf(choice);
  if (!days) return null;
  const first = days.first + direction * days.count;
  return { from: startOfDay(first, choice.tz), to: startOfDay(first + days.count, choice.tz) };
}

/** Null unless the range is whole days of the zone. */
function wholeDaysOf({ fixed, tz }: ZonedWindowChoice): { first: number; count: number } | null {
  if (!fixed || midnightBefore(fixed.from, tz) !== fixed.from || midnightBefore(fixed.to, tz) !== fixed.to) return null;
  const first = dayOf(fixed.from, tz);
  return { first, count: dayOf(fixed.to, tz) - first };
}

/** `24 h`; `14 d` of a range of whole days, whether or not one of them has 25 hours. */
export function lengthWords(choice: ZonedWindowChoice): string {
  const days = wholeDaysOf(choice);
  return days && days.count > 1 ? `${days.count}${NBSP}d` : lengthText(lengthMsOf(choice));
}

/** `per min`, `per 10 min`, `per day`. */
export function bucketWords(stepSeconds: number): string {
  return stepSeconds === DAY_MS / 1_000 ? 'day' : lengthText(stepSeconds * 1_000).replace(/^1\u00a0/, '');
}

/** `last 24 h`, or `90 min` of a fixed range. */
export function windowWords(choice: ZonedWindowChoice): string {
  const length = lengthWords(choice);
  return choice.fixed ? length : `last ${length}`;
}
