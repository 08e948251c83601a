/**
 * Some hours of the lists of some places: what one read for a page of detections brings.
 *
 * listing.ts walks through the hours, listing-all.ts through slices of them. The limit holds for each row, so the newest of
 * every partition, epoch and hour are there, and with them the newest of all.
 */
import type { Epoch } from '../core/domain/epoch.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Hours, ListBounds, ListedDetection, PlacedDetection } from '../core/stores/count-view.ts';
import type { Asking } from './questions/asking.ts';
import type { TimeWindow } from './window.ts';
import { compareOids, oid } from '../core/domain/oid.ts';

/** Which epochs of which view. */
export interface ListSeam {
  readonly horizon: Epoch | null;
  readonly speedEpochs: readonly Epoch[];
}

export type ListViews = Pick<Asking, 'speedView' | 'batchView'>;

/** The newest of some hours that a page still needs. */
export interface Part {
  readonly window: TimeWindow;
  readonly seam: ListSeam;
  readonly views: ListViews;
  readonly hours: Hours;
  /** In the newest of these hours, only what sorts after this entry. */
  readonly after: ListedDetection | undefined;
  readonly limit: number;
}

/** With a time: an entry that everything of the time itself sorts before, and everything earlier after. */
export const GREATEST_OID = oid(2n ** 63n - 1n);

export function newestFirst(a: ListedDetection, b: ListedDetection): number {
  return b.detectedAt - a.detectedAt || compareOids(a.id, b.id);
}

/** The newest `limit` of these places, sorted; complete down to the last of them, or down to `notBefore`. */
export async function ofPlaces(places: readonly Oid[], part: Part, notBefore?: Instant): Promise<PlacedDetection[]> {
  const { seam, views, hours, window, after } = part;
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
    .filter(({ detectedAt }) => detectedAt >= window.from)
    .sort(newestFirst)
    .slice(0, part.limit);
}
