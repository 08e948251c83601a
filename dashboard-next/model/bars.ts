/**
 * The geometry of the timeline: turns the points of an answer into bars, a line and axes, without a measured width.
 *
 * x is in per cent of the plot's width, y in pixels of its fixed height. So the server draws the same picture as every
 * browser, and nothing moves when scripts arrive. A bucket that the window or the present cuts off is marked and does
 * not set the height of the axis, unless all buckets are cut. What lies after `speed_as_of` of the answer is not drawn,
 * because nobody knows whether it is zero.
 */
import type { TimelineAnswer } from '../../serving/answers.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { dayOf } from '../../core/domain/zone.ts';

export interface Bar {
  readonly t: number;
  readonly to: number;
  readonly count: number;
  readonly batch: number;
  readonly speed: number;
  /** Count of the same bucket in the period before; null if unknown, or if that whole period has no detections. */
  readonly before: number | null;
  /** The window or the present ends inside this bucket. */
  readonly isCut: boolean;
  /** The bucket lies after `speed_as_of`. */
  readonly isUnknown: boolean;
}

/**
 * Matches each bucket with the bucket `shiftMs` earlier. Days of a zone are matched by the calendar, because they
 * differ in length.
 */
export function barsOf(answer: TimelineAnswer, before: { answer: TimelineAnswer; shiftMs: number } | null): Bar[] {
  const stepMs = answer.step * 1_000;
  const { tz } = answer;
  const place =
    tz !== undefined && stepMs % DAY_MS === 0 ? (t: number): number => dayOf(t, tz) * DAY_MS : (t: number): number => t;
  const asOf = answer.view.speed_as_of;
  const line = before && before.answer.total > 0 ? before : null;
  const earlier = new Map(line?.answer.points.map(({ t, count }) => [place(t) + line.shiftMs, count]) ?? []);
  return answer.points.map(({ t, to = t + stepMs, count, parts }) => ({
    t,
    to,
    count,
    batch: parts?.batch ?? 0,
    speed: parts?.speed ?? count,
    before: earlier.get(place(t)) ?? null,
    isCut: t < answer.from || to > Math.min(answer.to, asOf),
    isUnknown: t >= asOf && count === 0,
  }));
}

/** The greatest number that the axis must fit; cut buckets count only if no whole bucket has detections. */
export function peakOf(bars: readonly Bar[]): number {
  const whole = Math.max(0, ...bars.map(({ isCut, count, before }) => Math.max(isCut ? 0 : count, before ?? 0)));
  return whole > 0 ? whole : Math.max(0, ...bars.map(({ count }) => count));
}

const TOPS = [1, 2, 4, 5, 6, 8, 10];

/** The next of 1 2 4 5 6 8 × 10ⁿ. */
export function topOf(peak: number): number {
  if (peak <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(peak));
  return TOPS.map((top) => top * power).find((top) => top >= peak) ?? 10 * power;
}

export interface Top {
  readonly value: number;
  /** Since when half of it is enough; null while it is not. */
  readonly roomySince: number | null;
}

const SHRINKS_AFTER_MS = 30_000;

/** The axis grows at once; it shrinks after the peak is below half of it for thirty seconds. */
export function nextTop(before: Top | null, peak: number, now: number): Top {
  const value = topOf(peak);
  if (!before || value >= before.value) return { value, roomySince: null };
  if (peak >= before.value / 2) return { value: before.value, roomySince: null };
  const roomySince = before.roomySince ?? now;
  return now - roomySince >= SHRINKS_AFTER_MS ? { value, roomySince: null } : { value: before.value, roomySince };
}

/** Four to five grid lines above zero, whole numbers. */
export function gridOf(top: number): number[] {
  const lead = Math.round(top / 10 ** Math.floor(Math.log10(top)));
  const parts = { 1: 5, 2: 4, 4: 4, 5: 5, 6: 3, 8: 4 }[lead] ?? 5;
  const step = Math.max(1, top / parts);
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

export interface Plot {
  /** Start of the first bucket and end of the last. */
  readonly from: number;
  readonly to: number;
  readonly height: number;
  readonly top: number;
}

/** Per cent of the plot's width. */
export function xOf(t: number, { from, to }: Plot): number {
  return round(((t - from) / (to - from)) * 100, 3);
}

/** Pixels from the plot's top. */
export function yOf(count: number, { height, top }: Plot): number {
  return round(height * (1 - Math.min(1, count / top)), 2);
}

function round(n: number, digits: number): number {
  return Number(n.toFixed(digits));
}

/** Index of the bar at a position on the plot; 0 is its left edge, 1 its right edge. */
export function barAt(bars: readonly Bar[], { from, to }: Plot, part: number): number {
  const t = from + part * (to - from);
  return Math.max(
    0,
    bars.findLastIndex((bar) => bar.t <= t),
  );
}

/** The line of the period before, through the middle of each bucket; x in per cent of the plot's width, y in pixels. */
export function linePath(bars: readonly Bar[], plot: Plot): string {
  let path = '';
  let pen = 'M';
  for (const { t, to, before } of bars) {
    if (before === null) {
      pen = 'M';
      continue;
    }
    path += `${pen}${xOf((t + to) / 2, plot)} ${yOf(before, plot)}`;
    pen = 'L';
  }
  return path;
}

/** The empty part at the start of the window, if it is large; the whole window if it has no detections. */
export function leadingGap(bars: readonly Bar[]): { to: number; isAll: boolean } | null {
  const first = bars.findIndex(({ count }) => count > 0);
  if (first === -1) return bars.length === 0 ? null : { to: bars.at(-1)!.to, isAll: true };
  return first < Math.max(3, bars.length * 0.08) ? null : { to: bars[first]!.t, isAll: false };
}

/** The highest and the lowest whole bucket, for the description of the chart; null if there is none. */
export function peakAndLow(bars: readonly Bar[]): { peak: Bar; low: Bar } | null {
  const whole = bars.filter(({ isCut, isUnknown }) => !isCut && !isUnknown);
  if (whole.length === 0) return null;
  const sorted = [...whole].sort((a, b) => a.count - b.count);
  return { low: sorted[0]!, peak: sorted.at(-1)! };
}
