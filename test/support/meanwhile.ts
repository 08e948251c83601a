/** What a test does again and again beside its work. It ends with the work, also when the work fails. */

/**
 * Does the work while `turn` runs over and over; once more after the work, so that its end is seen too. Throws what the
 * work throws, else what a turn throws.
 */
export async function meanwhile<T>(turn: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const turning = (async () => {
    for (let isLast = false; !isLast;) {
      isLast = isOver;
      await turn();
    }
  })();
  turning.catch(() => undefined);
  try {
    return await work();
  } finally {
    isOver = true;
    await turning;
  }
}
