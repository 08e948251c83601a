/** The items with the highest counts in a window, at one place or at all. */
import type { Scope } from '../../core/domain/counts.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { TopItemsAnswer } from '../answers.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { TimeWindow, WindowQuestion } from '../counts/window.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import { countTogether } from '../counts/count-together.ts';
import { viewOf } from '../counts/counts.ts';
import { doubtOfRead } from '../counts/provisional.ts';
import { eachCounted, sumsBySubject, totalOf } from '../counts/merge.ts';
import { firstByRank } from '../counts/rank.ts';
import { searchedField } from '../counts/clip-window.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

/** With `since` the answer also has the total from then until now, counted at the same moment. */
export type TopItemsQuestion = WindowQuestion & {
  location: Scope;
  limit?: number;
  parts?: boolean;
  allowPartial?: boolean;
  since?: number | undefined;
};

const LIMIT = 10;

export async function topItems(
  question: TopItemsQuestion,
  context: QuestionContext,
  asker?: Waiter,
): Promise<TopItemsAnswer> {
  return (await topItemsWithSnapshot(question, context, asker)).answer;
}

/** The same answer, with its snapshot. */
export async function topItemsWithSnapshot(
  question: TopItemsQuestion,
  context: QuestionContext,
  asker?: Waiter,
): Promise<{ answer: TopItemsAnswer; snapshot: Snapshot }> {
  const { location, limit = LIMIT, since } = question;
  const window = alignToMinutes(windowOf(question, context.now()));
  const counted = { scope: location, subject: 'item', allowPartial: question.allowPartial } as const;
  const [result, ofSince] =
    since === undefined
      ? [await context.count({ ...counted, window }, asker), null]
      : await countTogether(
          { ...counted, window, beside: since },
          { ...counted, window: windowUntilNow(since, context.now()), beside: window.from },
          context,
          asker,
        );
  // No await between the two sums, so that no cell changes between them.
  const sums = sumsBySubject(result.plan, result.read);
  const sinceParts = ofSince && totalOf(sumsBySubject(ofSince.plan, ofSince.read));
  const parts = totalOf(sums);
  const ranked = firstByRank((take) => eachCounted(sums, take), limit);
  const answer: TopItemsAnswer = {
    location,
    ...window,
    ...searchedField(window, result.plan.searched),
    total: parts.batch + parts.speed,
    distinct_items: ranked.of,
    items: ranked.first.map(({ name, count }, index) => ({ item_rank: index + 1, item_name: name, count })),
    ...(ofSince && sinceParts
      ? { since: { ...ofSince.plan.question.window, total: sinceParts.batch + sinceParts.speed } }
      : {}),
    view: viewOf(result.snapshot, await context.places(), context.now(), {
      missing: result.read.missing,
      window,
      doubted: doubtOfRead(result.read),
    }),
    ...(question.parts ? { parts } : {}),
  };
  return { answer, snapshot: result.snapshot };
}

/** For a time in the future, its first minute. */
function windowUntilNow(since: number, now: number): TimeWindow {
  return alignToMinutes({ from: since as Instant, to: Math.max(now, since + 1) as Instant });
}
