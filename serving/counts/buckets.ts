/**
 * Divides the window of a timeline into buckets.
 *
 * questions/timeline.ts creates them, merge.ts finds the bucket of a minute. Buckets tile time. Without a time zone
 * they start at multiples of the step since 1970 UTC. With one, days are the days of the zone: a step of days has whole
 * days, of 23 or 25 hours where clocks change; shorter steps count from each midnight, and the last step of a day ends
 * with the day. Counts are kept by the minute, so zones with offsets of half or three quarters of an hour are exact.
 * Only where a day starts inside a minute (local times before 1972) does its bucket start with that minute.
 */
import type { TimeWindow } from './window.ts';
import { DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { dayOf, startOfDay, wallOf } from '../../core/domain/zone.ts';
import { BadQuestion } from '../faults.ts';

export interface Buckets {
  /** The start of each bucket, in order, and the end of the last one. */
  readonly bounds: readonly number[];
  /** The bucket that holds an instant of the window. */
  at(t: number): number;
}

/** Two weeks of minutes. */
export const MOST_BUCKETS = 20_160;

/** Throws a BadQuestion if the step does not fit the days of the zone, or makes too many buckets. */
export function bucketsOf(window: TimeWindow, stepMs: number, zone?: string): Buckets {
  refuseTooMany(Math.ceil((window.to - window.from) / stepMs), stepMs);
  const bounds =
    zone === undefined
      ? regular(window, stepMs)
      : stepMs >= DAY_MS
        ? ofDays(window, stepMs, zone)
        : withinDays(window, stepMs, zone);
  refuseTooMany(bounds.length - 1, stepMs);
  if (zone === undefined) return { bounds, at: (t) => Math.floor((t - bounds[0]!) / stepMs) };
  return { bounds, at: finder(bounds) };
}

function refuseTooMany(count: number, stepMs: number): void {
  if (count <= MOST_BUCKETS) return;
  throw new BadQuestion(
    'step',
    `step is ${stepMs / 1_000}, which makes ${count} points; ` +
      `at most ${MOST_BUCKETS} were expected: choose a longer step`,
  );
}

function regular({ from, to }: TimeWindow, stepMs: number): number[] {
  const first = Math.floor(from / stepMs) * stepMs;
  return Array.from({ length: Math.ceil((to - first) / stepMs) + 1 }, (_, index) => first + index * stepMs);
}

/** Buckets of whole days; as without a zone, they are counted from 1 January 1970. */
function ofDays({ from, to }: TimeWindow, stepMs: number, zone: string): number[] {
  if (stepMs % DAY_MS !== 0) {
    throw new BadQuestion(
      'step',
      `step is ${stepMs / 1_000} and tz is ${zone}; ` +
        `with tz, whole days were expected: a multiple of ${DAY_MS / 1_000}`,
    );
  }
  const days = stepMs / DAY_MS;
  const startOf = dayStarts(zone);
  const bounds: number[] = [];
  for (let day = Math.floor(dayOf(from, zone) / days) * days; bounds.length === 0 || bounds.at(-1)! < to; day += days) {
    const start = Math.floor(startOf(day) / MINUTE_MS) * MINUTE_MS;
    // A day that the zone skips makes no bucket. Where midnight comes twice, a minute after the first one can still
    // belong to the previous day.
    if (bounds.length > 0 && start <= from) bounds.length = 0;
    if (start !== bounds.at(-1)) bounds.push(start);
  }
  return bounds;
}

/** No zone changes its clocks and changes them back within this time. */
const STEADY_DAYS = 14;

/**
 * Returns the start of a day, for days in ascending order. Zone lookups are slow, so it does one for a whole stretch
 * without a clock change.
 */
function dayStarts(zone: string): (day: number) => number {
  let steady = { first: 0, last: -1, startsAt: 0 };
  return (day) => {
    if (day > steady.last) {
      const startsAt = startOfDay(day, zone);
      const isSteady = wallOf(startsAt + STEADY_DAYS * DAY_MS, zone) === (day + STEADY_DAYS) * DAY_MS;
      steady = { first: day, last: day + (isSteady ? STEADY_DAYS : 0), startsAt };
    }
    return steady.startsAt + (day - steady.first) * DAY_MS;
  };
}

function withinDays(window: TimeWindow, stepMs: number, zone: string): number[] {
  const days = ofDays(window, DAY_MS, zone);
  const bounds: number[] = [];
  for (let day = 0; day < days.length - 1; day++) {
    const [start, end] = [days[day]!, days[day + 1]!];
    const skipped = Math.max(0, Math.floor((window.from - start) / stepMs));
    for (let t = start + skipped * stepMs; t < end && t < window.to; t += stepMs) bounds.push(t);
  }
  const last = bounds.at(-1)!;
  return [...bounds, Math.min(last + stepMs, days.at(-1)!)];
}

/** Minutes come mostly in order, so the bucket of the last one is looked at first. */
function finder(bounds: readonly number[]): (t: number) => number {
  let last = 0;
  return (t) => {
    if (t >= bounds[last]! && t < bounds[last + 1]!) return last;
    let [low, high] = [0, bounds.length - 2];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (bounds[middle]! <= t) low = middle;
      else high = middle - 1;
    }
    return (last = low);
  };
}
