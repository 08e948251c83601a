/**
 * Runs pieces of work side by side that end together: the first fault ends the waits of the others, and is thrown after
 * all have ended.
 *
 * The lanes of a round, of uploads and of scans and the halves of a set-up run in it. `Promise.all` would throw at once
 * and leave the others behind, with their retries and with clients that the caller closes next: they would retry for
 * ever.
 */

/** A piece of work; the signal is aborted with the first fault of the others. */
export type Work<T> = (signal: AbortSignal) => Promise<T>;

export async function runTogether<T>(works: readonly Work<T>[]): Promise<T[]> {
  const first = new AbortController();
  const outcomes = await Promise.allSettled(
    works.map(async (work) => {
      try {
        return await work(first.signal);
      } catch (fault) {
        first.abort(fault);
        throw fault;
      }
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw first.signal.reason;
    return outcome.value;
  });
}
