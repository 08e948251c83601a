/**
 * A page of the list of detections, newest first, of one place or of all.
 *
 * questions/detections.ts asks for it and then reads the rows by id. The walk goes back in time: first the hour of the
 * window's end or of the cursor, then twice as many hours each time, until the page is full (listing-hours.ts).
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { Hours } from '../../core/stores/views/count-view.ts';
import type { ListedDetection, PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ListEpochs, ListViews, Part } from './list-part.ts';
import type { TimeWindow } from '../counts/window.ts';
import { hourOf, HOUR_MS } from '../../core/domain/time.ts';
import { newestFirst } from '../../core/stores/views/list-view.ts';
import { GREATEST_OID } from './list-part.ts';
import { listHours } from './listing-hours.ts';

export interface Page {
  readonly scope: Scope;
  readonly window: TimeWindow;
  /** Only entries that sort after this one. */
  readonly after: ListedDetection | null;
  readonly limit: number;
}

/** Almost a year: the counts of a place take little memory, and a place without entries so far probably has few. */
const MOST_HOURS_AT_ONCE = 8_192;

/** Up to `limit` entries, newest first; at the same millisecond the smaller id first. */
export async function listPage(
  page: Page,
  epochs: ListEpochs,
  views: ListViews,
  limits?: ReadLimits,
): Promise<PlacedDetection[]> {
  const { scope, window, limit } = page;
  if (window.from >= window.to) return [];
  const entries: PlacedDetection[] = [];
  const start = startOf(page);
  for (const hours of hoursBackwards(start.hour, hourOf(window.from))) {
    const after = hours.to === start.hour ? start.after : undefined;
    const part: Part = { scope, window, epochs: epochs, views, hours, after, limit: limit - entries.length, limits };
    entries.push(...(await listHours(part)));
    if (entries.length >= limit) break;
  }
  return entries.slice(0, limit);
}

/** The newest hour of the page, and the entry after which the page starts; undefined if it starts with the hour. */
function startOf({ window: { to }, after }: Page): { hour: number; after: ListedDetection | undefined } {
  const bound = { detectedAt: to, id: GREATEST_OID };
  if (after && newestFirst(after, bound) > 0) return { hour: hourOf(after.detectedAt), after };
  return { hour: hourOf((to - 1) as Instant), after: to % HOUR_MS === 0 ? undefined : bound };
}

/** Ranges of hours from newest to oldest: one hour, then two, four, and so on. */
function* hoursBackwards(newest: number, oldest: number): Generator<Hours> {
  let length = 1;
  for (let to = newest; to >= oldest; to -= length, length = Math.min(MOST_HOURS_AT_ONCE, length * 2)) {
    yield { from: Math.max(oldest, to - length + 1), to };
  }
}
