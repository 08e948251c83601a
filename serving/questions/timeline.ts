/** The counts of each step of a window. buckets.ts defines the steps, so two timelines with the same step line up. */
import type { Scope } from '../../core/domain/counts.ts';
import type { TimelineAnswer, TimelinePoint } from '../answers.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { bucketsOf } from '../counts/buckets.ts';
import { viewOf } from '../counts/counts.ts';
import { doubtOfRead } from '../counts/provisional.ts';
import { sumsByBucket, totalOf } from '../counts/merge.ts';
import { searchedField } from '../counts/clip-window.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';

export type TimelineQuestion = WindowQuestion & {
  location: Scope;
  stepSeconds?: number;
  tz?: string | undefined;
  parts?: boolean;
  allowPartial?: boolean;
};

const STEP_SECONDS = 60;

export async function timeline(
  question: TimelineQuestion,
  context: QuestionContext,
  asker?: Waiter,
): Promise<TimelineAnswer> {
  const window = alignToMinutes(windowOf(question, context.now()));
  const step = question.stepSeconds ?? STEP_SECONDS;
  const buckets = bucketsOf(window, step * SECOND_MS, question.tz);
  const { plan, read, snapshot } = await context.count(
    { scope: question.location, subject: 'minute', window, allowPartial: question.allowPartial },
    asker,
  );
  const sums = sumsByBucket(plan, read, buckets);
  const parts = totalOf(sums);
  const points = buckets.bounds.slice(0, -1).map((t, index): TimelinePoint => {
    const [batch, speed] = [sums.batch[index]!, sums.speed[index]!];
    return {
      t,
      ...(question.tz === undefined ? {} : { to: buckets.bounds[index + 1]! }),
      count: batch + speed,
      ...(question.parts ? { parts: { batch, speed } } : {}),
    };
  });
  return {
    location: question.location,
    ...window,
    ...searchedField(window, plan.searched),
    step,
    ...(question.tz === undefined ? {} : { tz: question.tz }),
    total: parts.batch + parts.speed,
    points,
    view: viewOf(snapshot, await context.places(), context.now(), {
      missing: read.missing,
      window,
      doubted: doubtOfRead(read),
    }),
    ...(question.parts ? { parts } : {}),
  };
}
