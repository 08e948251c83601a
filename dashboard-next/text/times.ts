/**
 * How the pages write times: 24 hours, the day before the month's name, the zone named once beside them.
 *
 * Names of months and weekdays are listed here and not taken from the run time, so that the server and every browser
 * write the same.
 */
import { isReadTwice, offsetMs, wallOf } from '../../core/domain/zone.ts';
import { offsetText } from './zones.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MS = 86_400_000;
/** Between a number and its unit. */
export const NBSP = '\u00a0';

const two = (n: number): string => String(n).padStart(2, '0');

/** `14:32`. */
export function clock(t: number, zone: string): string {
  const wall = new Date(wallOf(t, zone));
  return `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`;
}

/** `14:32`; `01:32 UTC−4` if the clock shows this time twice, because it is set back. */
export function clockOnce(t: number, zone: string): string {
  return isReadTwice(t, zone) ? `${clock(t, zone)} ${offsetText(t, zone)}` : clock(t, zone);
}

/** `14:32:07`. */
export function clockSeconds(t: number, zone: string): string {
  return `${clock(t, zone)}:${two(new Date(wallOf(t, zone)).getUTCSeconds())}`;
}

/** `14:32:06.4`. */
export function clockTenths(t: number, zone: string): string {
  return `${clockSeconds(t, zone)}.${Math.floor(new Date(wallOf(t, zone)).getUTCMilliseconds() / 100)}`;
}

/** `14:32:06.412`. */
export function clockMs(t: number, zone: string): string {
  return `${clockSeconds(t, zone)}.${String(new Date(wallOf(t, zone)).getUTCMilliseconds()).padStart(3, '0')}`;
}

/** `22 Nov`; with the year if it is not that of `now`. */
export function day(t: number, zone: string, now: number): string {
  const wall = new Date(wallOf(t, zone));
  const year = wall.getUTCFullYear();
  const here = new Date(wallOf(now, zone)).getUTCFullYear();
  return `${wall.getUTCDate()} ${MONTHS[wall.getUTCMonth()]}${year === here ? '' : ` ${year}`}`;
}

/** `Mon 23`. */
export function weekday(t: number, zone: string): string {
  const wall = new Date(wallOf(t, zone));
  return `${WEEKDAYS[wall.getUTCDay()]} ${wall.getUTCDate()}`;
}

/** `22 Nov 14:32`. */
export function dayClock(t: number, zone: string, now: number): string {
  return `${day(t, zone, now)} ${clock(t, zone)}`;
}

/**
 * `22 Nov 14:32 – 23 Nov 14:33`, with the day once if both are on one day. Both ends show their offset if clocks
 * change between them, or if a clock shows one of them twice: `1 Nov 01:30 UTC−4 – 01:00 UTC−5`.
 */
export function boundsText({ from, to }: { from: number; to: number }, zone: string, now: number): string {
  const sameDay = Math.floor(wallOf(from, zone) / DAY_MS) === Math.floor(wallOf(to, zone) / DAY_MS);
  const changes = sameDay && offsetMs(from, zone) !== offsetMs(to, zone);
  const isExact = changes || isReadTwice(from, zone) || isReadTwice(to, zone);
  const end = (t: number, text: string): string => (isExact ? `${text} ${offsetText(t, zone)}` : text);
  return `${end(from, dayClock(from, zone, now))} – ${end(to, sameDay ? clock(to, zone) : dayClock(to, zone, now))}`;
}

/** `14:28:02 UTC`, after the day if it is not that of `now`. */
export function moment(t: number, zone: string, now: number): string {
  const sameDay = Math.floor(wallOf(t, zone) / DAY_MS) === Math.floor(wallOf(now, zone) / DAY_MS);
  return `${sameDay ? '' : `${day(t, zone, now)} `}${clockSeconds(t, zone)} ${offsetText(t, zone)}`;
}

/** A length of time in one unit: `0.8 s` (with `tenths`, below ten seconds), `34 s`, `4 min`, `3 h`, `2 d`. */
export function ago(ms: number, tenths = false): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (tenths && seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)}${NBSP}s`;
  if (seconds < 60) return `${Math.floor(seconds)}${NBSP}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}${NBSP}min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}${NBSP}h`;
  return `${Math.floor(seconds / 86_400)}${NBSP}d`;
}

/** How much later one moment is than another, exact below a second: `77 ms later`, `4.2 s before that`. */
export function laterText(ms: number): string {
  if (ms === 0) return 'in the same millisecond';
  const length = Math.abs(ms);
  return `${length < 1_000 ? `${length}${NBSP}ms` : ago(length, true)} ${ms < 0 ? 'before that' : 'later'}`;
}

/** The length of a window: `24 h`, `7 d`, `1 h 30 min`, `90 d`. */
export function lengthText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes % 1_440 === 0 && minutes > 1_440) return `${minutes / 1_440}${NBSP}d`;
  if (minutes < 60) return `${minutes}${NBSP}min`;
  if (minutes % 60 === 0) return `${minutes / 60}${NBSP}h`;
  if (minutes >= 2_880) return `${Math.floor(minutes / 1_440)}${NBSP}d ${Math.round((minutes % 1_440) / 60)}${NBSP}h`;
  return `${Math.floor(minutes / 60)}${NBSP}h ${minutes % 60}${NBSP}min`;
}
