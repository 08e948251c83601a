/**
 * Two questions about counts on one snapshot, so that their numbers may stand side by side.
 *
 * questions/top-items.ts asks for a window and what came since a moment, questions/recent.ts for items and places of
 * one window. The horizon may move between two questions; then both are asked again.
 */
import type { Waiter } from '../bounds/shared-work.ts';
import type { CountResult } from './counts.ts';
import type { CountQuestion } from './plan.ts';
import type { QuestionContext } from './question-context.ts';
import { Retryable } from '../../core/process/errors.ts';

const TRIES = 4;

/** Counts both on one snapshot, both complete or both without the same view. */
export async function countTogether(
  one: CountQuestion,
  other: CountQuestion,
  { count }: Pick<QuestionContext, 'count'>,
  asker: Waiter | undefined,
): Promise<[CountResult, CountResult]> {
  let store = '';
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [a, b] = await Promise.all([count(one, asker), count(other, asker)]);
    if (a.snapshot === b.snapshot && a.read.missing === b.read.missing) return [a, b];
    store = a.snapshot.storeName;
  }
  throw new Retryable(
    store,
    `The horizon moved during each of ${TRIES} reads; the views answer too slowly. Try again later`,
  );
}
