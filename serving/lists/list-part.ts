/**
 * What a page of detections still needs, and the one read of the lists that brings some of it.
 *
 * listing.ts walks through the hours, listing-hours.ts through slices of them; each slice is read here, in both views.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Hours } from '../../core/stores/views/count-view.ts';
import type { ListBounds, ListedDetection, PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { Asking } from '../counts/question-context.ts';
import type { TimeWindow } from '../counts/window.ts';
import { oid } from '../../core/domain/oid.ts';
import { newestFirst } from '../../core/stores/views/list-view.ts';

/** Which epochs of which view. */
export interface ListEpochs {
  readonly horizon: Epoch | null;
  readonly speedEpochs: readonly Epoch[];
}

export type ListViews = Pick<Asking, 'speedView' | 'batchView'>;

/** The newest of some hours that a page still needs. */
export interface Part {
  readonly scope: Scope;
  readonly window: TimeWindow;
  readonly snapshot: ListEpochs;
  readonly views: ListViews;
  readonly hours: Hours;
  /** In the newest of these hours, only what sorts after this entry. */
  readonly after: ListedDetection | undefined;
  readonly limit: number;
  readonly limits?: ReadLimits | undefined;
}

/** With a time: an entry that everything of the time itself sorts before, and everything earlier after. */
export const GREATEST_OID = oid(2n ** 63n - 1n);

/** The newest `limit` of a slice of one hour, sorted; complete down to the last of them, or down to `notBefore`. */
export async function ofSlice(part: Part, notBefore: Instant): Promise<PlacedDetection[]> {
  const { scope, snapshot, views, hours, window, after, limits } = part;
  const bounds: ListBounds = { ...(after ? { after } : {}), notBefore };
  const lists = await Promise.all([
    snapshot.horizon === null ? [] : views.batchView.list(scope, snapshot.horizon, hours, bounds, limits),
    snapshot.speedEpochs.length === 0 ? [] : views.speedView.list(scope, snapshot.speedEpochs, hours, bounds, limits),
  ]);
  return lists
    .flat()
    .filter(({ detectedAt }) => detectedAt >= window.from)
    .sort(newestFirst)
    .slice(0, part.limit);
}
