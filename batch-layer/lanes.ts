/**
 * Work on many things, a few at a time: files that are sent, read back or renamed.
 *
 * A thing is asked for when a lane is free, so what makes it is never far ahead. When one fails, no further one is begun, those
 * under way are waited for, and the first fault is thrown: nothing goes on behind the caller's back.
 */
export async function inLanes<T>(lanes: number, things: AsyncIterable<T> | Iterable<T>, work: (thing: T) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  const under: Set<Promise<void>> = new Set();
  const begin = (thing: T): void => {
    const done: Promise<void> = work(thing)
      .catch((fault: unknown) => void faults.push(fault))
      .finally(() => under.delete(done));
    under.add(done);
  };
  try {
    for await (const thing of things) {
      while (under.size >= lanes) await Promise.race(under);
      if (faults.length > 0) break;
      begin(thing);
    }
  } catch (fault) {
    faults.push(fault);
  }
  await Promise.all(under);
  if (faults.length > 0) throw faults[0];
}
