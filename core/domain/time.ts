/**
 * Instants: whole milliseconds since 1970 UTC, as numbers, branded so that a count or an offset cannot pass for one.
 *
 * Two clocks meet here and must not be mixed: `timestamp_detected` is a camera's, arrival is the log's (arrival.ts).
 */
declare const instantBrand: unique symbol;
export type Instant = number & { readonly [instantBrand]: true };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The last millisecond of the year 9999: a camera's time lies in 0 … LAST_INSTANT. */
export const LAST_INSTANT = 253_402_300_799_999;

export function instant(ms: number): Instant {
  if (!Number.isSafeInteger(ms)) throw new RangeError(`${ms} is no whole number of milliseconds`);
  return ms as Instant;
}

/** Hours since 1970. */
export function hourOf(t: Instant): number {
  return Math.floor(t / HOUR_MS);
}

/** Minute within its hour, 0 … 59. */
export function minuteOf(t: Instant): number {
  return Math.floor(t / MINUTE_MS) % 60;
}

/** `2026-11-22` of an instant, in UTC. */
export function dateOf(t: number): string {
  return new Date(t).toISOString().slice(0, 10);
}
