/**
 * Time zones: what the clock on the wall says at an instant, the other way round, and where days begin.
 *
 * Serving cuts days with it, pages show and read times with it. Instants are epoch milliseconds, zones are IANA names.
 * The result is the same on the server and in every browser, because only offsets come from the zone tables of the run
 * time, never texts. UTC has a short path, since it is the default. A day begins with its first instant, so days tile
 * time: where clocks change, a day has 23 or 25 hours, and a day without midnight begins an hour later.
 */
import { DAY_MS, SECOND_MS } from './time.ts';

/** By the lower-case name: any case is valid, and a caller must not fill the memory with spellings of one name. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** A name of the IANA list, not an offset such as `+02:00`, which some run times take for a zone. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  try {
    return ZONE_NAME.test(name) && formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const key = zone.toLowerCase();
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(key, format);
  return format;
}

/** Milliseconds that the zone's wall clock is ahead of UTC at an instant. */
export function offsetMs(t: number, zone: string): number {
  if (zone === 'UTC') return 0;
  // `11/1/2026, 01:30:00`: its parts as objects take five times as long.
  const [month, day, year, hour, minute, second] = formatOf(zone).format(t).match(/\d+/g)!.map(Number);
  const wall = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return wall - Math.floor(t / SECOND_MS) * SECOND_MS;
}

/** The wall clock's reading, as the UTC instant that reads the same. */
export function wallOf(t: number, zone: string): number {
  return t + offsetMs(t, zone);
}

/**
 * The instants at which the wall clock reads this, in order: one; two in the hour that comes twice; none in the hour
 * left out.
 */
export function instantsOfWall(wall: number, zone: string): number[] {
  const offsets = new Set([offsetMs(wall - DAY_MS, zone), offsetMs(wall + DAY_MS, zone)]);
  const instants = [...offsets].map((offset) => wall - offset).filter((t) => wallOf(t, zone) === wall);
  return instants.sort((a, b) => a - b);
}

/** The instant of a wall clock's reading; of two, the earlier; of none (clocks put forward), the one after the gap. */
export function instantOfWall(wall: number, zone: string): number {
  return instantsOfWall(wall, zone)[0] ?? wall - offsetMs(wall - DAY_MS, zone);
}

/** Whether the wall clock reads the same at another instant too: clocks were put back. */
export function isReadTwice(t: number, zone: string): boolean {
  return zone !== 'UTC' && instantsOfWall(wallOf(t, zone), zone).length > 1;
}

/** The day of an instant, in days since 1 January 1970 of the zone's calendar. */
export function dayOf(t: number, zone: string): number {
  return Math.floor(wallOf(t, zone) / DAY_MS);
}

/** The first instant of a day; of one that a zone has left out, that of the day after it. */
export function startOfDay(day: number, zone: string): number {
  return instantOfWall(day * DAY_MS, zone);
}

/** The beginning of the day that holds an instant. */
export function midnightBefore(t: number, zone: string): number {
  return startOfDay(dayOf(t, zone), zone);
}
