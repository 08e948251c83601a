/**
 * Works on many things, a few at a time: uploads, downloads, renames.
 *
 * A lane takes the next thing when it is free, so the source of things is never far ahead. When the work on one thing
 * fails, no further work begins, the other lanes get an abort signal, and when all have ended the first fault is
 * thrown: nothing runs on after that.
 */

/** `failed` is aborted when the work on another thing fails. */
type LaneWork<T> = (thing: T, failed: AbortSignal) => Promise<void>;

export async function inLanes<T>(
  lanes: number,
  things: AsyncIterable<T> | Iterable<T>,
  work: LaneWork<T>,
): Promise<void> {
  const failure = new AbortController();
  const running: Set<Promise<void>> = new Set();
  const begin = (thing: T): void => {
    const done: Promise<void> = work(thing, failure.signal)
      .catch((fault: unknown) => failure.abort(fault))
      .finally(() => running.delete(done));
    running.add(done);
  };
  try {
    for await (const thing of things) {
      while (running.size >= lanes) await Promise.race(running);
      if (failure.signal.aborted) break;
      begin(thing);
    }
  } catch (fault) {
    failure.abort(fault);
  }
  await Promise.all(running);
  failure.signal.throwIfAborted();
}
