/**
 * How many detections each place had in a window.
 *
 * Every place that was counted is there, whether dataset B knows it or not, and every place that B knows, with 0 if
 * nothing was counted: the sum of the list is the total, and a quiet place does not drop out of a table.
 */
import type { CountedLocation, LocationsAnswer } from '../answers.ts';
import type { Waiting } from '../bounds/shared-work.ts';
import type { Asking } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { compareOids, oid } from '../../core/domain/oid.ts';
import { viewOf } from '../counts/counts.ts';
import { eachCounted, sumsBySubject, totalOf } from '../counts/merge.ts';
import { searchedIn } from '../counts/clip-window.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

export type LocationsQuestion = WindowQuestion & { parts?: boolean; allowPartial?: boolean };

export async function locations(
  question: LocationsQuestion,
  asking: Asking,
  asker?: Waiting,
): Promise<LocationsAnswer> {
  const window = alignToMinutes(windowOf(question, asking.now()));
  const { plan, read, snapshot } = await asking.count(
    { scope: 'all', subject: 'place', window, allowPartial: question.allowPartial },
    asker,
  );
  const places = await asking.places();
  const sums = sumsBySubject(plan, read);
  const parts = totalOf(sums);
  const all = new Map<string, CountedLocation>();
  for (const place of places.nameOf.keys()) all.set(place, located(place, 0));
  eachCounted(sums, (place, count) => all.set(place, located(place, count)));
  return {
    ...window,
    ...searchedIn(window, plan.searched),
    total: parts.batch + parts.speed,
    locations: [...all.values()].sort(busiestFirst),
    view: viewOf(snapshot, places, asking.now(), read.missing),
    ...(question.parts ? { parts } : {}),
  };

  function located(place: string, count: number): CountedLocation {
    return { geographical_location_oid: place, geographical_location: places.nameOf.get(oid(place)) ?? null, count };
  }
}

function busiestFirst(a: CountedLocation, b: CountedLocation): number {
  return b.count - a.count || compareOids(oid(a.geographical_location_oid), oid(b.geographical_location_oid));
}
