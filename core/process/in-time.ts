/**
 * Work that is waited for no longer than a limit: the one place where an answer races against a timer.
 *
 * What the work does after its time is nobody's business here: it goes on, and a fault of it is not heard any more.
 */

/** The work's result; after `limitMs`, what `late` gives or throws. */
export async function inTime<T>(work: Promise<T>, limitMs: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  }).then(late);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
