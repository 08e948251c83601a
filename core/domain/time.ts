/**
 * Instants: whole milliseconds since 1970 UTC, as numbers, branded so that a count or an offset cannot pass for one.
 *
 * Two clocks must not be mixed: `timestamp_detected` is a camera's, arrival is the log's (arrival.ts).
 */
import { digitsUpTo } from './digits.ts';

declare const instantBrand: unique symbol;
export type Instant = number & { readonly [instantBrand]: true };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const WEEK_SECONDS = 7 * 86_400;

/** The last millisecond of the year 9999: a camera's time lies in 0 … LAST_INSTANT. */
export const LAST_INSTANT = 253_402_300_799_999;

export function instant(ms: number): Instant {
  if (!Number.isSafeInteger(ms)) throw new RangeError(`${ms} is not a whole number of milliseconds`);
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

/** Leap years of 1970 to 9999. */
const LEAP_YEAR =
  '(?:19(?:7[26]|8[048]|9[26])|[2-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)';
const DAY_OF_MONTH =
  '(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])';
const DATE = `(?:(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:${DAY_OF_MONTH})|${LEAP_YEAR}-02-29)`;
const CLOCK = '(?:(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?|24:00(?::00(?:\\.0{1,9})?)?)';
const ZONE = '(?:Z|[+ -](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)';
const MILLISECONDS = `(?:[0-9]{1,14}|${digitsUpTo(String(LAST_INSTANT + 1), 0)})`;

/** A day that exists, such as `2026-11-22`, of the years 1970 to 9999. */
export const DATE_PATTERN = `^${DATE}$`;
export const MILLISECONDS_PATTERN = `^${MILLISECONDS}$`;
/** Exactly what readTimeText takes; the OpenAPI document shows it. */
export const TIME_PATTERN = `^(?:${MILLISECONDS}|${DATE}(?:T${CLOCK}${ZONE}?)?)$`;

const [IS_DATE, IS_TIME] = [new RegExp(DATE_PATTERN), new RegExp(TIME_PATTERN)];
const PARTS = /^(.{10})(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+ -].*)?)?$/;

/**
 * Epoch milliseconds of a text as people and programs write it, or null: a whole number of milliseconds, or ISO 8601
 * down to a part of a second, in UTC unless it names another zone; a day alone is its first instant. All commands and
 * questions read times here, so that one text means one instant. A plus sign may be a space, as in a query. If a zone
 * takes a text out of 1970 to 9999, the text means the nearest instant of those years.
 */
export function readTimeText(text: string): Instant | null {
  if (!IS_TIME.test(text)) return null;
  const t = text.includes('-') ? fromIsoText(text) : Number(text);
  return Math.min(Math.max(t, 0), LAST_INSTANT + 1) as Instant;
}

function fromIsoText(text: string): number {
  const [, date = '', time = '00:00', seconds = '00', fraction = '0', zone = 'Z'] = PARTS.exec(text)!;
  const offset = zone
    .replace(' ', '+')
    .replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`);
  return Date.parse(`${date}T${time}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
}

/** Whether the text is a day that exists; Date.parse alone takes 30 February for 2 March. */
export function isDateText(text: string): boolean {
  return IS_DATE.test(text);
}
