/**
 * Clips a window to the part in which a detection can have been counted.
 *
 * counts.ts and questions/detections.ts read this part only. An answer names it if the window is wider, so that nothing
 * is trimmed in silence. The part is never too narrow. Its start: a late detection may be as old as 1970 by its own
 * time, so the first hour of the batch view is read once for each horizon. An unpublished epoch holds nothing older
 * than D before its start (law L6), except the generation's first epoch, which also takes records with earlier broker
 * timestamps, so its first hour is read too. Its end: F after the latest possible arrival.
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

export interface ClippingViews {
  readonly speedView: Pick<SpeedView, 'firstHour'>;
  readonly batchView: Pick<BatchView, 'firstHour'>;
}

/** Returns the part of the window; it is empty if nothing can be in the window. */
export type ClipWindow = (window: TimeWindow, snapshot: Snapshot, limits?: ReadLimits) => Promise<TimeWindow>;

export function windowClipper({ speedView, batchView }: ClippingViews, now: () => number): ClipWindow {
  /**
   * A published epoch never changes, so the first hour of the batch view only falls, and only when the horizon moves.
   */
  let published: { readonly upTo: number; readonly first: number } = { upTo: -1, first: Infinity };
  const firstHourOf = new WeakMap<Snapshot, Promise<number | null>>();

  const firstPublished = async (horizon: Epoch, fromHour: number, limits: ReadLimits | undefined): Promise<number> => {
    const { upTo, first } = published;
    if (upTo >= horizon || first <= fromHour) return first;
    const firstHour = (await batchView.firstHour(limits)) ?? Infinity;
    if (horizon > published.upTo) published = { upTo: horizon, first: Math.min(firstHour, published.first) };
    return Math.min(firstHour, first);
  };
  const firstUnpublished = async (
    snapshot: Snapshot,
    bound: number,
    limits: ReadLimits | undefined,
  ): Promise<number> => {
    const { rules, horizon } = snapshot;
    if (horizon !== null && horizon.epoch >= rules.firstEpoch) return bound;
    let firstHourRead = firstHourOf.get(snapshot);
    if (!firstHourRead) {
      // The read belongs to the snapshot and not to its first question, because other questions wait for it too.
      firstHourOf.set(
        snapshot,
        (firstHourRead = speedView.firstHour(rules.firstEpoch as Epoch, bound, { onBytes: limits?.onBytes })),
      );
      firstHourRead.catch(() => firstHourOf.delete(snapshot));
    }
    return (await firstHourRead) ?? bound;
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

/** The field `searched` of an answer; left out if it equals the window. */
export function searchedField(
  window: TimeWindow,
  { from, to }: TimeWindow,
): { searched?: { from: number; to: number } } {
  return from === window.from && to === window.to ? {} : { searched: { from, to } };
}
