/**
 * The count of every place in a window.
 *
 * The answer has every place with a count, known to dataset B or not, and every place of B, with 0 if it has no count:
 * the total is the sum of the list, and a quiet place stays in the table.
 */
import type { CountedLocation, LocationsAnswer } from '../answers.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { compareOids, oid } from '../../core/domain/oid.ts';
import { viewOf } from '../counts/counts.ts';
import { doubtOfRead } from '../counts/provisional.ts';
import { eachCounted, sumsBySubject, totalOf } from '../counts/merge.ts';
import { searchedField } from '../counts/clip-window.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

export type LocationsQuestion = WindowQuestion & { parts?: boolean; allowPartial?: boolean };

export async function locations(
  question: LocationsQuestion,
  context: QuestionContext,
  asker?: Waiter,
): Promise<LocationsAnswer> {
  const window = alignToMinutes(windowOf(question, context.now()));
  const { plan, read, snapshot } = await context.count(
    { scope: 'all', subject: 'place', window, allowPartial: question.allowPartial },
    asker,
  );
  const places = await context.places();
  const sums = sumsBySubject(plan, read);
  const parts = totalOf(sums);
  const all = new Map<string, CountedLocation>();
  for (const place of places.nameOf.keys()) all.set(place, countedLocation(place, 0));
  eachCounted(sums, (place, count) => all.set(place, countedLocation(place, count)));
  return {
    ...window,
    ...searchedField(window, plan.searched),
    total: parts.batch + parts.speed,
    locations: [...all.values()].sort(busiestFirst),
    view: viewOf(snapshot, places, context.now(), { missing: read.missing, window, doubted: doubtOfRead(read) }),
    ...(question.parts ? { parts } : {}),
  };

  function countedLocation(place: string, count: number): CountedLocation {
    return { geographical_location_oid: place, geographical_location: places.nameOf.get(oid(place)) ?? null, count };
  }
}

function busiestFirst(a: CountedLocation, b: CountedLocation): number {
  return b.count - a.count || compareOids(oid(a.geographical_location_oid), oid(b.geographical_location_oid));
}
