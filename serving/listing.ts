/**
 * A page of the list of detections, newest first, out of the lists that each place keeps by the hour.
 *
 * questions/detections.ts asks, the views answer, the rows are fetched by id afterwards. The walk goes back in time: first the
 * hour of the window's end or of the cursor, then twice as many hours each time, until the page is full; of each row only as
 * many entries are read as the page could need, so a page costs about its own length, however long the list is.
 *
 * All places together have no list (it would double the writes of every detection). Their page is put together from slices of
 * time that grow from a second: in a slice the lists of the places that were counted in that hour are read, and the slices are
 * disjoint, so the page is exact. Its cost is one read of short ranges a slice.
 */
import type { Scope } from '../core/domain/counts.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Hours, ListBounds, ListedDetection, PlacedDetection } from '../core/stores/count-view.ts';
import type { Asking } from './questions/asking.ts';
import type { TimeWindow } from './window.ts';
import { compareOids, oid } from '../core/domain/oid.ts';
import { hourOf, HOUR_MS, SECOND_MS } from '../core/domain/time.ts';

export interface Page {
  readonly scope: Scope;
  readonly window: TimeWindow;
  /** Only what sorts after this entry. */
  readonly after: ListedDetection | null;
  readonly limit: number;
}

/** Which epochs of which view. */
export interface ListSeam {
  readonly horizon: Epoch | null;
  readonly speedEpochs: readonly Epoch[];
}

type Views = Pick<Asking, 'speedView' | 'batchView'>;

const GREATEST = oid(2n ** 63n - 1n);
const MOST_HOURS_AT_ONCE = 256;
const FIRST_SLICE_MS = 2 * SECOND_MS;
const SLICE_GROWTH = 4;

/** Up to `limit` entries, newest first; at the same millisecond the smaller id first. */
export async function listPage(page: Page, seam: ListSeam, views: Views): Promise<PlacedDetection[]> {
  const entries: PlacedDetection[] = [];
  const start = startOf(page);
  for (const hours of hoursBackwards(start.hour, hourOf(page.window.from))) {
    const after = hours.to === start.hour ? start.after : undefined;
    const part: Part = { page, seam, views, hours, after, limit: page.limit - entries.length };
    entries.push(...(page.scope === 'all' ? await ofAllPlaces(part) : await ofPlaces([page.scope], part)));
    if (entries.length >= page.limit) break;
  }
  return entries.slice(0, page.limit);
}

export function newestFirst(a: ListedDetection, b: ListedDetection): number {
  return b.detectedAt - a.detectedAt || compareOids(a.id, b.id);
}

/** The newest hour of the page, and the entry there after which it begins; none if it begins with the hour. */
function startOf({ window: { to }, after }: Page): { hour: number; after: ListedDetection | undefined } {
  const bound = { detectedAt: to, id: GREATEST };
  if (after && newestFirst(after, bound) > 0) return { hour: hourOf(after.detectedAt), after };
  return { hour: hourOf((to - 1) as Instant), after: to % HOUR_MS === 0 ? undefined : bound };
}

/** From the newest hour to the oldest: one, then two, four, … at once. */
function* hoursBackwards(newest: number, oldest: number): Generator<Hours> {
  let length = 1;
  for (let to = newest; to >= oldest; to -= length, length = Math.min(MOST_HOURS_AT_ONCE, length * 2)) {
    yield { from: Math.max(oldest, to - length + 1), to };
  }
}

interface Part {
  readonly page: Page;
  readonly seam: ListSeam;
  readonly views: Views;
  readonly hours: Hours;
  readonly after: ListedDetection | undefined;
  readonly limit: number;
}

/** The newest `limit` of these places, sorted; complete down to the last of them, or down to `notBefore`. */
async function ofPlaces(places: readonly Oid[], part: Part, notBefore?: Instant): Promise<PlacedDetection[]> {
  const { seam, views, hours, page, after } = part;
  const bounds: ListBounds = {
    ...(after ? { after } : {}),
    ...(notBefore === undefined ? {} : { notBefore }),
    limitPerRow: part.limit,
  };
  const lists = await Promise.all([
    seam.horizon === null ? [] : views.batchView.list(places, seam.horizon, hours, bounds),
    seam.speedEpochs.length === 0 ? [] : views.speedView.list(places, seam.speedEpochs, hours, bounds),
  ]);
  return lists
    .flat()
    .filter(({ detectedAt }) => detectedAt >= page.window.from)
    .sort(newestFirst)
    .slice(0, part.limit);
}

async function ofAllPlaces(part: Part): Promise<PlacedDetection[]> {
  const placesOf = await placesByHour(part);
  const entries: PlacedDetection[] = [];
  let widthMs = FIRST_SLICE_MS;
  for (let hour = part.hours.to; hour >= part.hours.from; hour--) {
    const places = placesOf.get(hour);
    if (!places) continue;
    let after = hour === part.hours.to ? part.after : undefined;
    let end = after ? after.detectedAt + 1 : (hour + 1) * HOUR_MS;
    for (; end > hour * HOUR_MS && entries.length < part.limit; widthMs *= SLICE_GROWTH) {
      const notBefore = Math.max(hour * HOUR_MS, end - widthMs) as Instant;
      const slice: Part = { ...part, hours: { from: hour, to: hour }, after, limit: part.limit - entries.length };
      entries.push(...(await ofPlaces([...places], slice, notBefore)));
      end = notBefore;
      after = { detectedAt: notBefore, id: GREATEST };
    }
    if (entries.length >= part.limit) break;
  }
  return entries;
}

/** Which places have a list in each hour: those that were counted in it. */
async function placesByHour({ seam, views, hours }: Part): Promise<Map<number, Set<Oid>>> {
  const rows = await Promise.all([
    seam.horizon === null ? [] : views.batchView.read('all', seam.horizon, hours, ['hour_place']),
    seam.speedEpochs.length === 0 ? [] : views.speedView.read('all', seam.speedEpochs, hours, ['hour_place']),
  ]);
  const places = new Map<number, Set<Oid>>();
  for (const { hour, cells } of rows.flat()) {
    let ofHour = places.get(hour);
    if (!ofHour) places.set(hour, (ofHour = new Set()));
    for (const { subject } of cells) ofHour.add(oid(subject));
  }
  return places;
}
