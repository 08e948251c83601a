/**
 * The time axis: where labels stand, and which of them a narrow screen leaves out.
 *
 * Labels stand at round times of the wall clock in the chosen zone; midnight shows its day. A narrow screen shows every
 * second, third or fourth label. A class on the label says so, so that the markup is the same for every width.
 */
import { clock, day, weekday } from '../text/times.ts';
import { dayOf, startOfDay, wallOf } from '../../core/domain/zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INTERVALS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
  84 * DAY,
  364 * DAY,
];
const MOST_WIDE = 9;
const MOST_NARROW = 4;

interface AxisLabel {
  readonly t: number;
  readonly text: string;
  /** A midnight. */
  readonly isMidnight: boolean;
  /** Not on narrow screens. */
  readonly isWideOnly: boolean;
}

export function axisLabels(from: number, to: number, zone: string): AxisLabel[] {
  const every = INTERVALS.find((interval) => (to - from) / interval <= MOST_WIDE) ?? 364 * DAY;
  const narrow =
    INTERVALS.find((interval) => interval % every === 0 && (to - from) / interval <= MOST_NARROW) ?? 728 * DAY;
  if (every >= DAY) return dayLabels(from, to, zone, { every: every / DAY, narrow: narrow / DAY });
  const labels: AxisLabel[] = [];
  // Zones are ahead by quarters of an hour, so every round wall time falls on a round quarter.
  const stride = Math.min(every, 15 * MINUTE);
  for (let t = Math.ceil(from / stride) * stride; t < to; t += stride) {
    const wall = wallOf(t, zone);
    if (wall % every !== 0) continue;
    const isMidnight = wall % DAY === 0;
    labels.push({
      t,
      text: isMidnight ? dayText(t, to - from, zone) : clock(t, zone),
      isMidnight,
      isWideOnly: wall % narrow !== 0,
    });
  }
  return labels;
}

/** Labels at the start of every n-th day. In some zones a day starts after midnight, or between two hours of UTC. */
function dayLabels(from: number, to: number, zone: string, days: { every: number; narrow: number }): AxisLabel[] {
  const first = dayOf(from, zone);
  const all = Array.from({ length: dayOf(to, zone) - first + 1 }, (_, index) => first + index);
  return all
    .filter((one) => one % days.every === 0)
    .map((one) => ({ t: startOfDay(one, zone), isWideOnly: one % days.narrow !== 0 }))
    .filter(({ t }) => t >= from && t < to)
    .map(({ t, isWideOnly }) => ({ t, text: dayText(t, to - from, zone), isMidnight: true, isWideOnly }));
}

function dayText(t: number, lengthMs: number, zone: string): string {
  return lengthMs > 14 * DAY ? day(t, zone, t) : weekday(t, zone);
}
