/**
 * A bounded queue: so many at once, so many more wait in the order of asking, and whoever comes after them is refused.
 *
 * Reads of HBase (opened.ts) and look-ups in the lake (lake-lookup.ts) go through one each. Who leaves while waiting
 * frees the place.
 */
import { TooMany } from '../faults.ts';

export interface Turnstile {
  /**
   * Does the work when its turn comes. Throws TooMany where too many wait, or the signal's reason if it is aborted
   * before the turn.
   */
  pass<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

export interface TurnstileOptions {
  readonly atOnce: number;
  readonly waiting: number;
  /** What waits, as a noun. */
  readonly what: string;
  /** Told when the numbers change. */
  readonly onSize?: (running: number, waiting: number) => void;
}

const RETRY_AFTER_SECONDS = 2;

export function turnstile({
  atOnce,
  waiting: mostWaiting,
  what,
  onSize = () => undefined,
}: TurnstileOptions): Turnstile {
  const queue = new Set<() => void>();
  let running = 0;
  const sized = (): void => onSize(running, queue.size);
  const turn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        running++;
        resolve();
      };
      const leave = (): void => {
        queue.delete(go);
        sized();
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) return reject(signal.reason as Error);
      if (running < atOnce) return go();
      if (queue.size >= mostWaiting)
        return reject(
          new TooMany(
            503,
            `${running} ${what} are under way and ${queue.size} wait, as many as this process lets wait`,
            RETRY_AFTER_SECONDS,
          ),
        );
      queue.add(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  return {
    async pass(signal, work) {
      await turn(signal);
      sized();
      try {
        return await work();
      } finally {
        running--;
        const [next] = queue;
        if (next) {
          queue.delete(next);
          next();
        }
        sized();
      }
    },
  };
}
