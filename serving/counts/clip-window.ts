/**
 * The part of a window in which anything can have been counted: whatever lies before or after it needs no look.
 *
 * counts.ts and questions/detections.ts read this part alone; an answer names it where the window is wider, so that
 * nothing is trimmed in silence. It is never too narrow. Its begin: a late detection may be as old as 1970 by its own
 * time, so the least hour that the batch view holds is asked for, once for each horizon; an epoch that is not published
 * holds nothing older than D before its start (law L6), but for the generation's first, which also takes what a broker
 * stamped before it and is asked too. Its end: F after the latest arrival there can be.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { TimeWindow } from './window.ts';
import { endOf, startOf } from '../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS, hourOf, MINUTE_MS } from '../../core/domain/time.ts';
import type { Instant } from '../../core/domain/time.ts';

export interface SearchedViews {
  readonly speedView: Pick<SpeedView, 'firstHour'>;
  readonly batchView: Pick<BatchView, 'firstHour'>;
}

/** The part of the window; empty where nothing can be in it. Within the window, always. */
export type SearchedPart = (window: TimeWindow, snapshot: Snapshot, limits?: ReadLimits) => Promise<TimeWindow>;

export function searchedParts({ speedView, batchView }: SearchedViews, now: () => number): SearchedPart {
  /**
   * What is published never changes, so the first hour of the batch view only falls, and only when the horizon moves.
   */
  let published: { readonly upTo: number; readonly first: number } = { upTo: -1, first: Infinity };
  const ofFirstEpoch = new WeakMap<Snapshot, Promise<number | null>>();

  const firstPublished = async (horizon: Epoch, fromHour: number, limits: ReadLimits | undefined): Promise<number> => {
    const { upTo, first } = published;
    if (upTo >= horizon || first <= fromHour) return first;
    const found = (await batchView.firstHour(limits)) ?? Infinity;
    if (horizon > published.upTo) published = { upTo: horizon, first: Math.min(found, published.first) };
    return Math.min(found, first);
  };
  const firstUnpublished = async (
    snapshot: Snapshot,
    bound: number,
    limits: ReadLimits | undefined,
  ): Promise<number> => {
    const { rules, horizon } = snapshot;
    if (horizon !== null && horizon.epoch >= rules.firstEpoch) return bound;
    let asked = ofFirstEpoch.get(snapshot);
    if (!asked) {
      // Of the snapshot, not of whoever asks first: others wait for it as well.
      ofFirstEpoch.set(
        snapshot,
        (asked = speedView.firstHour(rules.firstEpoch as Epoch, bound, { onBytes: limits?.onBytes })),
      );
      asked.catch(() => ofFirstEpoch.delete(snapshot));
    }
    return (await asked) ?? bound;
  };

  return async (window, snapshot, limits) => {
    const { rules, horizon } = snapshot;
    const firstEpoch = Math.max(rules.firstEpoch, (horizon?.epoch ?? -1) + 1) as Epoch;
    const bound = Math.max(0, hourOf((startOf(firstEpoch, rules) - rules.dedupWindowDays * DAY_MS) as Instant));
    let first = 0;
    const fromHour = hourOf(window.from);
    if (fromHour < bound) {
      const [speed, batch] = await Promise.all([
        firstUnpublished(snapshot, bound, limits),
        horizon === null ? Infinity : firstPublished(horizon.epoch, fromHour, limits),
      ]);
      first = Math.min(speed, batch) * HOUR_MS;
    }
    const arrivals = snapshot.progress.map(({ arrival }) => arrival);
    const latest =
      Math.max(now(), ...arrivals, horizon === null ? 0 : endOf(horizon.epoch, rules)) + rules.clockAheadDays * DAY_MS;
    const from = Math.min(Math.max(window.from, first), window.to);
    const to = Math.max(from, Math.min(window.to, (Math.floor(latest / MINUTE_MS) + 1) * MINUTE_MS));
    return { from: from as Instant, to: to as Instant };
  };
}

/** For an answer: only where the window is wider. */
export function searchedIn(window: TimeWindow, { from, to }: TimeWindow): { searched?: { from: number; to: number } } {
  return from === window.from && to === window.to ? {} : { searched: { from, to } };
}
