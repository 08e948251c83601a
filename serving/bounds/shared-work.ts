/**
 * Work that several askers wait for together: it is done once, and given up when the last of them has left.
 *
 * counts.ts shares identical questions, lake-lookup.ts the files of a day. An asker who leaves, or whose time is over,
 * takes nothing from the others.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import { manyListeners } from '../../core/process/read-limits.ts';

/** Of one asker: when it leaves, and what it does when a store has answered. */
export type Waiting = Pick<ReadLimits, 'signal'> & { readonly heard?: () => void };

export interface Shared<T> {
  /** Waits for it: until it is done, or for as long as the limits of this asker allow. */
  join(asker?: Waiting): Promise<T>;
  /** Everybody has left: whoever comes now begins anew. */
  readonly isGivenUp: boolean;
  /** For those who only want to know that it has ended. */
  readonly done: Promise<T>;
}

/** `heard`: to be called when a store has answered. */
export function shared<T>(work: (signal: AbortSignal, heard: () => void) => Promise<T>): Shared<T> {
  const stop = new AbortController();
  const askers = new Set<Waiting>();
  const done = work(manyListeners(stop.signal), () => {
    for (const { heard } of askers) heard?.();
  });
  done.catch(() => undefined);
  return {
    done,
    get isGivenUp() {
      return stop.signal.aborted;
    },
    join({ signal, heard } = {}) {
      const asker: Waiting = { ...(heard ? { heard } : {}) };
      askers.add(asker);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          reject(signal?.reason as Error);
          askers.delete(asker);
          if (askers.size === 0) stop.abort(signal?.reason);
        };
        if (signal?.aborted) return leave();
        signal?.addEventListener('abort', leave, { once: true });
        const settle = (): void => signal?.removeEventListener('abort', leave);
        done.then(resolve, reject).finally(settle);
      });
    },
  };
}

/** Shares work by a key for as long as it is under way. */
export function sharing<T>(): (
  key: string,
  asker: Waiting | undefined,
  work: (signal: AbortSignal, heard: () => void) => Promise<T>,
) => Promise<T> {
  const underWay = new Map<string, Shared<T>>();
  return (key, asker, work) => {
    let one = underWay.get(key);
    if (!one || one.isGivenUp) {
      const mine = (one = shared(work));
      underWay.set(key, mine);
      const forget = (): void => void (underWay.get(key) === mine && underWay.delete(key));
      mine.done.then(forget, forget);
    }
    return one.join(asker);
  };
}
