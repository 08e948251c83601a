/**
 * Windows: [from, to) of timestamp_detected, as a question gives them and as an answer uses them.
 *
 * http/parameters.ts reads texts with `readTime`; every question completes its window here. Counts are kept by the
 * minute, so a window of counts is aligned outward to whole minutes and the answer names the aligned bounds: a narrower
 * window would leave out detections of the question.
 */
import type { Instant } from '../../core/domain/time.ts';
import { HOUR_MS, MINUTE_MS, readTimeText } from '../../core/domain/time.ts';
import { BadQuestion } from '../faults.ts';

/** [from, to) in epoch milliseconds; by default the last hour. */
export interface WindowQuestion {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TimeWindow {
  readonly from: Instant;
  readonly to: Instant;
}

/** Epoch milliseconds of a text. Throws a BadQuestion that names `field`. */
export function readTime(field: string, text: string): number {
  const t = readTimeText(text);
  if (t !== null) return t;
  throw new BadQuestion(
    field,
    `${field} is ${JSON.stringify(text.slice(0, 60))}; epoch milliseconds or an ISO 8601 time were expected, ` +
      'such as 2026-11-22T14:00Z',
  );
}

/** The window of a question, to the millisecond, with the last hour as default. */
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
