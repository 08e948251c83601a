/**
 * The words beside a number that comes from one view alone, or that a quorum of replicas has not confirmed.
 *
 * Each answer names the view that is missing in it, and whatever shows a number of it shows these words too. The badge
 * and the notice bar report it for the page. The API gives such an answer only to a page that asks for it.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';

export type Missing = NonNullable<View['missing']>;

const OTHER: Record<Missing, Missing> = { batch: 'speed', speed: 'batch' };

/** `speed only`, or `provisional`; null for an answer that is whole and sure. */
export function onlyText(view: View | null | undefined): string | null {
  if (view?.missing) return `${OTHER[view.missing]}\u00a0only`;
  return view?.provisional ? 'provisional' : null;
}

/** ` · speed only`, to follow other words about an answer; empty for one that is whole and sure. */
export function onlySuffix(view: View | null | undefined): string {
  const only = onlyText(view);
  return only ? ` · ${only}` : '';
}

/** The batch part and the speed part of a total; null if a view is missing. */
export function partsOf({ parts, view }: TopItemsAnswer): { batch: number; speed: number } | null {
  return view.missing ? null : (parts ?? null);
}

/** What the Trust page says of counts that no quorum of replicas has confirmed; null if there are none. */
export function doubtText(view: View | null | undefined, moment: (t: number) => string, now: number): string | null {
  if (!view?.provisional || !view.in_doubt) return null;
  const { from, to } = view.in_doubt;
  const time =
    from <= 0 || to > now + A_DAY_MS ? 'All times are' : `Detections from ${moment(from)} to ${moment(to)} are`;
  return (
    `${time} in doubt: too few replicas of Cassandra answered, and counting went on. A copy may be counted, or a ` +
    'detection missing. The batch layer proves and repairs these counts when it publishes their epochs.'
  );
}

const A_DAY_MS = 86_400_000;
