/** Which items were counted most in a window, at a place or at all of them. */
import type { Scope } from '../../core/domain/counts.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { TopItemsAnswer } from '../answers.ts';
import type { Counted } from '../counts/counts.ts';
import type { CountQuestion } from '../counts/plan.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Waiting } from '../bounds/shared-work.ts';
import type { TimeWindow, WindowQuestion } from '../counts/window.ts';
import type { Asking } from '../counts/question-context.ts';
import { Retryable } from '../../core/process/errors.ts';
import { viewOf } from '../counts/counts.ts';
import { eachCounted, sumsBySubject, totalOf } from '../counts/merge.ts';
import { firstByRank } from '../counts/rank.ts';
import { searchedIn } from '../counts/clip-window.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

/** `since`: how many there were from then until now is counted too, at the same moment. */
export type TopItemsQuestion = WindowQuestion & {
  location: Scope;
  limit?: number;
  parts?: boolean;
  allowPartial?: boolean;
  since?: number | undefined;
};

const LIMIT = 10;
const TRIES = 4;

export async function topItems(question: TopItemsQuestion, asking: Asking, asker?: Waiting): Promise<TopItemsAnswer> {
  return (await topItemsWithSnapshot(question, asking, asker)).answer;
}

/** The same with the snapshot that the answer stands on. */
export async function topItemsWithSnapshot(
  question: TopItemsQuestion,
  asking: Asking,
  asker?: Waiting,
): Promise<{ answer: TopItemsAnswer; snapshot: Snapshot }> {
  const { location, limit = LIMIT, since } = question;
  const window = alignToMinutes(windowOf(question, asking.now()));
  const counted = { scope: location, subject: 'item', allowPartial: question.allowPartial } as const;
  const [of, ofSince] =
    since === undefined
      ? [await asking.count({ ...counted, window }, asker), null]
      : await atOneMoment(
          { ...counted, window, beside: since },
          { ...counted, window: untilNow(since, asking.now()), beside: window.from },
          asking,
          asker,
        );
  // Both sums are made before anything else can run, so that no cell is newer in one of them.
  const sums = sumsBySubject(of.plan, of.read);
  const sinceParts = ofSince && totalOf(sumsBySubject(ofSince.plan, ofSince.read));
  const parts = totalOf(sums);
  const ranked = firstByRank((take) => eachCounted(sums, take), limit);
  const answer: TopItemsAnswer = {
    location,
    ...window,
    ...searchedIn(window, of.plan.searched),
    total: parts.batch + parts.speed,
    distinct_items: ranked.of,
    items: ranked.first.map(({ name, count }, index) => ({ item_rank: index + 1, item_name: name, count })),
    ...(ofSince && sinceParts
      ? { since: { ...ofSince.plan.question.window, total: sinceParts.batch + sinceParts.speed } }
      : {}),
    view: viewOf(of.snapshot, await asking.places(), asking.now(), of.read.missing),
    ...(question.parts ? { parts } : {}),
  };
  return { answer, snapshot: of.snapshot };
}

/** Of a time that has not come yet, its first minute. */
function untilNow(since: number, now: number): TimeWindow {
  return alignToMinutes({ from: since as Instant, to: Math.max(now, since + 1) as Instant });
}

/** Both on one snapshot, and both whole or both without the same view. */
async function atOneMoment(
  one: CountQuestion,
  other: CountQuestion,
  { count }: Asking,
  asker: Waiting | undefined,
): Promise<[Counted, Counted]> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [a, b] = await Promise.all([count(one, asker), count(other, asker)]);
    if (a.snapshot === b.snapshot && a.read.missing === b.read.missing) return [a, b];
  }
  throw new Retryable('HBase', `the horizon moved during each of ${TRIES} readings; the views answer too slowly`);
}
