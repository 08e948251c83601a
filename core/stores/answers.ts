/**
 * How a store answers for each row that it was asked for: found, absent or failed (law L1).
 *
 * A store never leaves a row out and never lets silence pass for absence. Callers that cannot go on without every row use
 * `found`, which turns a failure into a Retryable, so that nothing is decided on it.
 */
import { Retryable } from '../process/errors.ts';

export type Answer<Row> =
  | { readonly status: 'found'; readonly row: Row }
  | { readonly status: 'absent' }
  | { readonly status: 'failed'; readonly because: string };

/** The rows in the order of the question, null where there is none. Throws a Retryable if any failed. */
export function found<Row>(store: string, answers: readonly Answer<Row>[]): (Row | null)[] {
  return answers.map((answer) => {
    if (answer.status === 'failed') throw new Retryable('HBase', `${store} did not answer for every row: ${answer.because}`);
    return answer.status === 'found' ? answer.row : null;
  });
}
