/**
 * The last hour for Prometheus: the items and the places that were counted most, and all others as one number.
 *
 * app/recent-metrics.ts asks with every scrape. It is the window that the API answers with by default, both sums are of
 * one snapshot, and the order is the API's: so top and rest add up to the same total, on a dashboard and in an answer.
 */
import type { View } from '../answers.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { Ranked } from '../counts/rank.ts';
import type { SubjectSums } from '../counts/merge.ts';
import { union } from '../../core/domain/doubt.ts';
import { compareOids, oid } from '../../core/domain/oid.ts';
import { countTogether } from '../counts/count-together.ts';
import { viewOf } from '../counts/counts.ts';
import { doubtOfRead } from '../counts/provisional.ts';
import { eachCounted, sumsBySubject, totalOf } from '../counts/merge.ts';
import { byRank, firstByRank } from '../counts/rank.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

/** How many of each are named. */
export interface Tops {
  readonly items: number;
  readonly locations: number;
}

export interface TopAndRest {
  readonly top: readonly Ranked[];
  /** Of all that are not in `top`. */
  readonly rest: number;
  /** How many different ones were counted. */
  readonly of: number;
}

export interface RecentCounts {
  readonly total: number;
  readonly items: TopAndRest;
  /** By oid. */
  readonly locations: TopAndRest;
  /** Of a place that dataset B does not know: null. */
  readonly nameOf: (location: string) => string | null;
  readonly view: View;
}

export async function recent(tops: Tops, context: QuestionContext, asker?: Waiter): Promise<RecentCounts> {
  const window = alignToMinutes(windowOf({}, context.now()));
  const [ofItems, ofPlaces] = await countTogether(
    { scope: 'all', subject: 'item', window },
    { scope: 'all', subject: 'place', window },
    context,
    asker,
  );
  // All sums are made before anything else can run, so that no cell is newer in one of them.
  const items = sumsBySubject(ofItems.plan, ofItems.read);
  const locations = sumsBySubject(ofPlaces.plan, ofPlaces.read);
  const places = await context.places();
  const doubted = union(doubtOfRead(ofItems.read), doubtOfRead(ofPlaces.read));
  return {
    total: total(items),
    items: topAndRest(items, tops.items, byRank),
    locations: topAndRest(locations, tops.locations, busiestFirst),
    nameOf: (location) => places.nameOf.get(oid(location)) ?? null,
    view: viewOf(ofItems.snapshot, places, context.now(), { missing: ofItems.read.missing, window, doubted }),
  };
}

function total(sums: SubjectSums): number {
  const { batch, speed } = totalOf(sums);
  return batch + speed;
}

/** As questions/locations.ts orders places. */
function busiestFirst(a: Ranked, b: Ranked): number {
  return b.count - a.count || compareOids(oid(a.name), oid(b.name));
}

function topAndRest(sums: SubjectSums, limit: number, order: typeof byRank): TopAndRest {
  const { first, of } = firstByRank((take) => eachCounted(sums, take), limit, order);
  const named = first.reduce((sum, { count }) => sum + count, 0);
  return { top: first, rest: total(sums) - named, of };
}
