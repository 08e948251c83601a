/**
 * Work that several questions wait for: it runs once, and stops when the last of them has left.
 *
 * counts.ts shares identical questions, app.ts and runs.ts share reads of the lake. A question that leaves or runs out
 * of time does not affect the others.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import { manyListeners } from '../../core/process/read-limits.ts';

/** One waiting question: the signal of its end, and its callback for each answer of a store. */
export type Waiter = Pick<ReadLimits, 'signal'> & { readonly onAnswer?: () => void };

export interface Shared<T> {
  /** Waits until the work is done or the signal of this waiter aborts. */
  join(waiter?: Waiter): Promise<T>;
  /** True when every waiter has left; the work must then start again. */
  readonly isAbandoned: boolean;
  /** Settles when the work has ended. */
  readonly done: Promise<T>;
}

/** The work calls `onAnswer` whenever a store has answered. */
export function shareWork<T>(work: (signal: AbortSignal, onAnswer: () => void) => Promise<T>): Shared<T> {
  const stop = new AbortController();
  const waiters = new Set<Waiter>();
  const done = work(manyListeners(stop.signal), () => {
    for (const { onAnswer } of waiters) onAnswer?.();
  });
  done.catch(() => undefined);
  return {
    done,
    get isAbandoned() {
      return stop.signal.aborted;
    },
    join({ signal, onAnswer } = {}) {
      const waiter: Waiter = { ...(onAnswer ? { onAnswer } : {}) };
      waiters.add(waiter);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          reject(signal?.reason as Error);
          waiters.delete(waiter);
          if (waiters.size === 0) stop.abort(signal?.reason);
        };
        if (signal?.aborted) return leave();
        signal?.addEventListener('abort', leave, { once: true });
        const settle = (): void => signal?.removeEventListener('abort', leave);
        done.then(resolve, reject).finally(settle);
      });
    },
  };
}

/** Shares running work by its key. */
export function shareByKey<T>(): (
  key: string,
  waiter: Waiter | undefined,
  work: (signal: AbortSignal, onAnswer: () => void) => Promise<T>,
) => Promise<T> {
  const underWay = new Map<string, Shared<T>>();
  return (key, waiter, work) => {
    let current = underWay.get(key);
    if (!current || current.isAbandoned) {
      const started = (current = shareWork(work));
      underWay.set(key, started);
      const forget = (): void => void (underWay.get(key) === started && underWay.delete(key));
      started.done.then(forget, forget);
    }
    return current.join(waiter);
  };
}
