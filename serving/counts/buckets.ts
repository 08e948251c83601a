/**
 * Into which buckets a timeline cuts its window.
 *
 * questions/timeline.ts makes them, merge.ts asks into which one a minute falls. Buckets tile time. Without a zone they
 * begin at multiples of the step since 1970 UTC. With one, the days are the zone's: steps of days are whole days there,
 * 23 or 25 hours where clocks change, and shorter steps are counted from each midnight, the last of a day ending with
 * the day. Counts are kept by the minute, so zones that are half or three quarters of an hour off UTC are exact; only
 * where a day begins inside a minute (local times of before 1972) does its bucket begin with that minute.
 */
import type { TimeWindow } from './window.ts';
import { DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { dayOf, startOfDay, wallOf } from '../../core/domain/zone.ts';
import { BadQuestion } from '../faults.ts';

export interface Buckets {
  /** Where each begins, in order, and where the last one ends. */
  readonly bounds: readonly number[];
  /** The bucket that holds an instant of the window. */
  at(t: number): number;
}

/** Two weeks of minutes. */
export const MOST_BUCKETS = 20_160;

/** Throws a BadQuestion for a step that the zone's days do not allow, or that makes too many buckets. */
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
    `step ${stepMs / 1_000} makes ${count} points of this window; at most ${MOST_BUCKETS} are given: take a longer step`,
  );
}

function regular({ from, to }: TimeWindow, stepMs: number): number[] {
  const first = Math.floor(from / stepMs) * stepMs;
  return Array.from({ length: Math.ceil((to - first) / stepMs) + 1 }, (_, index) => first + index * stepMs);
}

/** Each so many days long; as without a zone, they are counted from 1 January 1970. */
function ofDays({ from, to }: TimeWindow, stepMs: number, zone: string): number[] {
  if (stepMs % DAY_MS !== 0) {
    throw new BadQuestion(
      'step',
      `step is ${stepMs / 1_000} and tz ${zone}; with tz a step longer than a day must be whole days, a multiple of ${DAY_MS / 1_000}`,
    );
  }
  const days = stepMs / DAY_MS;
  const startOf = dayStarts(zone);
  const bounds: number[] = [];
  for (let day = Math.floor(dayOf(from, zone) / days) * days; bounds.length === 0 || bounds.at(-1)! < to; day += days) {
    const start = Math.floor(startOf(day) / MINUTE_MS) * MINUTE_MS;
    // A day that the zone left out is no bucket, and where midnight comes twice a late minute may still be of the day
    // before.
    if (bounds.length > 0 && start <= from) bounds.length = 0;
    if (start !== bounds.at(-1)) bounds.push(start);
  }
  return bounds;
}

/** Shorter than the time between any two changes of a zone's clocks that undo each other. */
const STEADY_DAYS = 14;

/**
 * Where days begin, for days in ascending order: a zone is asked once for as long as its clocks go on without a change,
 * since asking is slow.
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
