/**
 * Windows: [from, to) of timestamp_detected, as a question gives them and as an answer uses them.
 *
 * http/parameters.ts reads texts with `readTime`; every question completes its window here. Counts are kept by the minute, so
 * a window of counts is aligned outward to whole minutes and the answer names the aligned bounds: a narrower one would leave
 * out detections that were asked for.
 */
import type { WindowQuestion } from './app.ts';
import type { Instant } from '../core/domain/time.ts';
import { dateOf, HOUR_MS, LAST_INSTANT, MINUTE_MS } from '../core/domain/time.ts';
import { BadQuestion } from './faults.ts';

export interface TimeWindow {
  readonly from: Instant;
  readonly to: Instant;
}

const GREATEST = Math.ceil((LAST_INSTANT + 1) / MINUTE_MS) * MINUTE_MS;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+ -]\d{2}:\d{2})?)?$/;

/** Epoch milliseconds of a text: a whole number, or ISO 8601 (without a zone: UTC). Throws a BadQuestion that names `field`. */
export function readTime(field: string, text: string): number {
  const t = /^\d{1,15}$/.test(text) ? Number(text) : readIso(text);
  if (Number.isNaN(t) || t < 0 || t > GREATEST) {
    throw new BadQuestion(
      field,
      `${field} is ${JSON.stringify(text.slice(0, 60))}; epoch milliseconds or an ISO 8601 time such as 2026-11-22T14:00Z were expected`,
    );
  }
  return t;
}

function readIso(text: string): number {
  const parts = ISO.exec(text);
  if (!parts) return Number.NaN;
  const [, date, time = '00:00', seconds = ':00', zone = 'Z'] = parts;
  // In a query a plus sign arrives as a space.
  // Date.parse takes 30 February for 2 March.
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || dateOf(midnight) !== date) return Number.NaN;
  // In a query a plus sign arrives as a space.
  return Date.parse(`${date}T${time}${seconds}${zone.replace(' ', '+')}`);
}

/** The window of a question, to the millisecond: the last hour for what it leaves out. */
export function windowOf(question: WindowQuestion, now: number): TimeWindow {
  const to = question.to ?? Math.max(now, 1);
  const from = question.from ?? Math.max(0, to - HOUR_MS);
  if (from >= to) {
    const field = question.to === undefined ? 'from' : 'to';
    throw new BadQuestion(field, `to (${to}) must be after from (${from})`);
  }
  return { from: from as Instant, to: to as Instant };
}

/** Outward to whole minutes. */
export function alignToMinutes({ from, to }: TimeWindow): TimeWindow {
  return {
    from: (Math.floor(from / MINUTE_MS) * MINUTE_MS) as Instant,
    to: (Math.ceil(to / MINUTE_MS) * MINUTE_MS) as Instant,
  };
}
