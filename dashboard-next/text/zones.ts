/** How the pages name a zone: by its offset from UTC at an instant. core/domain/zone.ts knows the clocks. */
import { MINUTE_MS } from '../../core/domain/time.ts';
import { offsetMs } from '../../core/domain/zone.ts';

/** `UTC`, `UTC+1`, `UTC−3:30`. */
export function offsetText(t: number, zone: string): string {
  const minutes = Math.round(offsetMs(t, zone) / MINUTE_MS);
  if (minutes === 0) return 'UTC';
  const rest = Math.abs(minutes) % 60;
  const hours = Math.floor(Math.abs(minutes) / 60);
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** For a range: `America/New York, UTC−4, then UTC−5` if clocks change in it. */
export function spanZoneText({ from, to }: { from: number; to: number }, zone: string): string {
  const [first, last] = [offsetText(from, zone), offsetText(to, zone)];
  return first === last ? zoneText(to, zone) : `${zoneText(from, zone)}, then ${last}`;
}

/** `UTC`, or `Europe/Berlin, UTC+1`. */
export function zoneText(t: number, zone: string): string {
  return zone === 'UTC' ? 'UTC' : `${zone.replaceAll('_', ' ')}, ${offsetText(t, zone)}`;
}
