/**
 * Work that is slow on purpose, some at a time and a bounded number waiting: hashing passwords would otherwise hold up
 * everybody.
 */
import { TooMany } from '../faults.ts';

const RETRY_AFTER_SECONDS = 2;

/** `most.running` at a time; with `most.waiting` in the line the next is refused with TooMany. */
export function boundedQueue(most: { running: number; waiting: number }): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most.running) {
      if (waiting.length >= most.waiting)
        throw new TooMany(503, `${waiting.length} sign-ins are waiting already`, RETRY_AFTER_SECONDS);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // The place goes to whoever waits longest, or is free.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
