/** How many detections each step of a window had. Buckets begin at multiples of the step, so two timelines line up. */
import type { Scope } from '../../core/domain/counts.ts';
import type { TimelineAnswer, TimelinePoint } from '../answers.ts';
import type { WindowQuestion } from '../app.ts';
import type { Waiting } from '../shared.ts';
import type { Asking } from './asking.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { viewOf } from '../counts.ts';
import { BadQuestion } from '../faults.ts';
import { sumsByBucket, totalOf } from '../merge.ts';
import { searchedIn } from '../searched.ts';
import { alignToMinutes, windowOf } from '../window.ts';

export type TimelineQuestion = WindowQuestion & { location: Scope; stepSeconds?: number; parts?: boolean; allowPartial?: boolean };

const STEP_SECONDS = 60;
/** Two weeks of minutes. */
const MOST_POINTS = 20_160;

export async function timeline(question: TimelineQuestion, asking: Asking, asker?: Waiting): Promise<TimelineAnswer> {
  const window = alignToMinutes(windowOf(question, asking.now()));
  const step = question.stepSeconds ?? STEP_SECONDS;
  const stepMs = step * SECOND_MS;
  const first = Math.floor(window.from / stepMs) * stepMs;
  const pointCount = Math.ceil((window.to - first) / stepMs);
  if (pointCount > MOST_POINTS) {
    throw new BadQuestion('step', `step ${step} makes ${pointCount} points of this window; at most ${MOST_POINTS} are given: take a longer step`);
  }
  const { plan, read, seam } = await asking.count({ scope: question.location, subject: 'minute', window, allowPartial: question.allowPartial }, asker);
  const sums = sumsByBucket(plan, read, stepMs);
  const parts = totalOf(sums);
  const points = Array.from({ length: pointCount }, (_, index): TimelinePoint => {
    const t = first + index * stepMs;
    const [batch, speed] = [sums.batch[index]!, sums.speed[index]!];
    return { t, count: batch + speed, ...(question.parts ? { parts: { batch, speed } } : {}) };
  });
  return {
    location: question.location,
    ...window,
    ...searchedIn(window, plan.searched),
    step,
    total: parts.batch + parts.speed,
    points,
    view: viewOf(seam, await asking.places(), asking.now(), read.missing),
    ...(question.parts ? { parts } : {}),
  };
}
