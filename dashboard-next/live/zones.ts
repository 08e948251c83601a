/**
 * Time zones: what the clock on the wall says at an instant, and the other way round.
 *
 * Everything that shows or reads a time on a page goes through here. Instants are epoch milliseconds, zones are IANA names, and
 * the result is the same on the server and in every browser: only offsets are taken from the run time's zone tables, never its
 * texts. UTC takes a short way, since it is the default.
 */
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
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
  formats.set(zone, made);
  return made;
}

/** Milliseconds that the zone's wall clock is ahead of UTC at an instant. */
export function offsetMs(t: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(t)) part[type] = Number(value);
  const wall = Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!, part['second']!);
  return wall - Math.floor(t / 1_000) * 1_000;
}

/** The wall clock's reading, written as the UTC instant that would read the same. */
export function wallOf(t: number, zone: string): number {
  return t + offsetMs(t, zone);
}

/** The instants at which the wall clock reads this, in order: one; two in the hour that comes twice; none in the hour left out. */
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

/** The beginning of the day that holds an instant. */
export function midnightBefore(t: number, zone: string): number {
  return instantOfWall(Math.floor(wallOf(t, zone) / DAY_MS) * DAY_MS, zone);
}

/** `UTC`, `UTC+1`, `UTC−3:30`. */
export function offsetText(t: number, zone: string): string {
  const minutes = Math.round(offsetMs(t, zone) / MINUTE_MS);
  if (minutes === 0) return 'UTC';
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** `UTC`, or `Europe/Berlin, UTC+1`. */
export function zoneText(t: number, zone: string): string {
  return zone === 'UTC' ? 'UTC' : `${zone.replaceAll('_', ' ')}, ${offsetText(t, zone)}`;
}
