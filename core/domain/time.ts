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

const TIME_TEXT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+ -]\d{2}(?::?\d{2})?)?)?$/;

/**
 * Epoch milliseconds of a text as people and programs write it, or null: a whole number of milliseconds, or ISO 8601 down to a part
 * of a second, in UTC unless it names another zone; a day alone is its first instant. Every door reads times here, so that one
 * text means one instant. A plus sign may have become a space, as it does in a query.
 */
export function readTimeText(text: string): Instant | null {
  const t = /^\d{1,15}$/.test(text) ? Number(text) : readIsoText(text);
  return t >= 0 && t <= LAST_INSTANT + 1 ? (t as Instant) : null;
}

function readIsoText(text: string): number {
  const parts = TIME_TEXT.exec(text);
  if (!parts) return Number.NaN;
  const [, date = '', time = '00:00', seconds = '00', fraction = '0', zone = 'Z'] = parts;
  if (!isDateText(date)) return Number.NaN;
  const offset = zone.replace(' ', '+').replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`);
  return Date.parse(`${date}T${time}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
}

/** Whether the text is a day that exists, such as `2026-11-22`; Date.parse alone takes 30 February for 2 March. */
export function isDateText(text: string): boolean {
  const t = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(t) && dateOf(t) === text;
}
