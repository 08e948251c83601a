/**
 * How a store answers for each row that it was asked for: found, absent or failed (law L1).
 *
 * A store never leaves a row out and never lets silence pass for absence. Callers that cannot go on without every row
 * use `requireAnswers`, which throws what a failure means for them (core/process/errors.ts), so that nothing is decided
 * on it.
 */
import { Retryable } from '../../process/errors.ts';

export type Answer<Row> =
  | { readonly status: 'found'; readonly row: Row }
  | { readonly status: 'absent' }
  /** `fault`: a Retryable, a Refusal or a bug; without it trying again is all that is known to help. */
  | { readonly status: 'failed'; readonly because: string; readonly fault?: Error };

/**
 * The rows in the order of the question, null where there is none. Throws a fault if any failed: one that cannot pass
 * before others.
 */
export function requireAnswers<Row>(store: string, answers: readonly Answer<Row>[]): (Row | null)[] {
  const faults = answers.flatMap((answer) =>
    answer.status === 'failed' && answer.fault !== undefined ? [answer.fault] : [],
  );
  const lasting = faults.find((fault) => !(fault instanceof Retryable));
  if (lasting) throw lasting;
  return answers.map((answer) => {
    // mutation: failed-answer
    if (answer.status === 'failed')
      throw new Retryable(
        dependencyOf(answer.fault),
        `${store} did not answer for every row: ${answer.because}`,
        answer.fault,
      );
    return answer.status === 'found' ? answer.row : null;
  });
}

/** A fault without a name of its own is HBase's: other stores give theirs with every failure. */
function dependencyOf(fault: Error | undefined): string {
  return fault instanceof Retryable ? fault.dependency : 'HBase';
}
