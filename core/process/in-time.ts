/**
 * Waits for work no longer than a limit: the one place where an answer races against a timer.
 *
 * Work that takes longer goes on, and nobody hears of its later faults.
 */

/** The work's result; after `limitMs`, what `late` returns or throws. */
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
