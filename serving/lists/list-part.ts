/**
 * The part that a page of detections still needs, and the read of the lists that returns a slice of it.
 *
 * listing.ts walks through the hours, listing-hours.ts through slices of them; this file reads a slice from both views.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Hours } from '../../core/stores/views/count-view.ts';
import type { ListBounds, ListedDetection, PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { TimeWindow } from '../counts/window.ts';
import { oid } from '../../core/domain/oid.ts';
import { newestFirst } from '../../core/stores/views/list-view.ts';

/** The epochs to read in each view. */
export interface ListEpochs {
  readonly horizon: Epoch | null;
  readonly speedEpochs: readonly Epoch[];
}

export type ListViews = Pick<QuestionContext, 'speedView' | 'batchView'>;

/** Some hours, of which a page needs the newest entries. */
export interface Part {
  readonly scope: Scope;
  readonly window: TimeWindow;
  readonly epochs: ListEpochs;
  readonly views: ListViews;
  readonly hours: Hours;
  /** In the newest of these hours, only what sorts after this entry. */
  readonly after: ListedDetection | undefined;
  readonly limit: number;
  readonly limits?: ReadLimits | undefined;
}

/** An entry with this id sorts after all entries of its time and before all earlier ones. */
export const GREATEST_OID = oid(2n ** 63n - 1n);

/** The newest `limit` entries of a slice of one hour, sorted, with no gap between them. */
export async function listSlice(part: Part, notBefore: Instant): Promise<PlacedDetection[]> {
  const { scope, epochs: snapshot, views, hours, window, after, limits } = part;
  const bounds: ListBounds = { ...(after ? { after } : {}), notBefore };
  const lists = await Promise.all([
    snapshot.horizon === null ? [] : views.batchView.list({ scope, horizon: snapshot.horizon, hours, bounds }, limits),
    snapshot.speedEpochs.length === 0
      ? []
      : views.speedView.list({ scope, epochs: snapshot.speedEpochs, hours, bounds }, limits),
  ]);
  return lists
    .flat()
    .filter(({ detectedAt }) => detectedAt >= window.from)
    .sort(newestFirst)
    .slice(0, part.limit);
}
