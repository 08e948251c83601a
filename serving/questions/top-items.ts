/** Which items were counted most in a window, at a place or at all of them. */
import type { Scope } from '../../core/domain/counts.ts';
import type { TopItemsAnswer } from '../answers.ts';
import type { WindowQuestion } from '../app.ts';
import type { Seam } from '../seam.ts';
import type { Waiting } from '../shared.ts';
import type { Asking } from './asking.ts';
import { viewOf } from '../counts.ts';
import { eachCounted, sumsBySubject, totalOf } from '../merge.ts';
import { firstByRank } from '../rank.ts';
import { searchedIn } from '../searched.ts';
import { alignToMinutes, windowOf } from '../window.ts';

export type TopItemsQuestion = WindowQuestion & { location: Scope; limit?: number; parts?: boolean; allowPartial?: boolean };

const LIMIT = 10;

export async function topItems(question: TopItemsQuestion, asking: Asking, asker?: Waiting): Promise<TopItemsAnswer> {
  return (await topItemsOnSeam(question, asking, asker)).answer;
}

/** The same with the seam that the answer stands on. */
export async function topItemsOnSeam(question: TopItemsQuestion, asking: Asking, asker?: Waiting): Promise<{ answer: TopItemsAnswer; seam: Seam }> {
  const window = alignToMinutes(windowOf(question, asking.now()));
  const { plan, read, seam } = await asking.count({ scope: question.location, subject: 'item', window, allowPartial: question.allowPartial }, asker);
  const sums = sumsBySubject(plan, read);
  const parts = totalOf(sums);
  const ranked = firstByRank((take) => eachCounted(sums, take), question.limit ?? LIMIT);
  const answer: TopItemsAnswer = {
    location: question.location,
    ...window,
    ...searchedIn(window, plan.searched),
    total: parts.batch + parts.speed,
    distinct_items: ranked.of,
    items: ranked.first.map(({ name, count }, index) => ({ item_rank: index + 1, item_name: name, count })),
    view: viewOf(seam, await asking.places(), asking.now(), read.missing),
    ...(question.parts ? { parts } : {}),
  };
  return { answer, seam };
}
