/**
 * Work on many things, a few at a time: files that are sent, read back or renamed.
 *
 * A thing is asked for when a lane is free, so what makes it is never far ahead. When one fails, no further one is
 * begun, the waits of those under way are ended, they are waited for, and the first fault is thrown: nothing goes on
 * behind the caller's back.
 */

/** `failed` is aborted with the first fault. */
export type LaneWork<T> = (thing: T, failed: AbortSignal) => Promise<void>;

export async function inLanes<T>(
  lanes: number,
  things: AsyncIterable<T> | Iterable<T>,
  work: LaneWork<T>,
): Promise<void> {
  const failure = new AbortController();
  const under: Set<Promise<void>> = new Set();
  const begin = (thing: T): void => {
    const done: Promise<void> = work(thing, failure.signal)
      .catch((fault: unknown) => failure.abort(fault))
      .finally(() => under.delete(done));
    under.add(done);
  };
  try {
    for await (const thing of things) {
      while (under.size >= lanes) await Promise.race(under);
      if (failure.signal.aborted) break;
      begin(thing);
    }
  } catch (fault) {
    failure.abort(fault);
  }
  await Promise.all(under);
  failure.signal.throwIfAborted();
}
