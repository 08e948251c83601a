/**
 * A bounded queue: some work runs, some more waits in the order of arrival, and further work is refused.
 *
 * Reads of HBase (context.ts), lookups in the lake (lake-lookup.ts) and password hashes (users.ts) each have one. A
 * waiter that leaves frees its position.
 */
import { TooManyRequests } from '../faults.ts';

export interface BoundedQueue {
  /**
   * Runs the work when its turn comes. Throws TooManyRequests if too many wait, or the signal's reason if it aborts
   * before the turn.
   */
  run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

export interface BoundedQueueOptions {
  readonly atOnce: number;
  readonly waiting: number;
  /** What the queue holds, as a plural. */
  readonly what: string;
  /** Called when the numbers change. */
  readonly onSize?: (running: number, waiting: number) => void;
}

const RETRY_AFTER_SECONDS = 2;

export function boundedQueue({
  atOnce,
  waiting: mostWaiting,
  what,
  onSize = () => undefined,
}: BoundedQueueOptions): BoundedQueue {
  const queue = new Set<() => void>();
  let running = 0;
  const reportSize = (): void => onSize(running, queue.size);
  const waitForTurn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave);
        running++;
        resolve();
      };
      const leave = (): void => {
        queue.delete(start);
        reportSize();
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) return reject(signal.reason as Error);
      if (running < atOnce) return start();
      if (queue.size >= mostWaiting)
        return reject(
          new TooManyRequests(
            503,
            `${running} ${what} are running and ${queue.size} are waiting, ` +
              'the limit of this process; try again later',
            RETRY_AFTER_SECONDS,
          ),
        );
      queue.add(start);
      signal?.addEventListener('abort', leave, { once: true });
    });
  return {
    async run(signal, work) {
      await waitForTurn(signal);
      reportSize();
      try {
        return await work();
      } finally {
        running--;
        const [next] = queue;
        if (next) {
          queue.delete(next);
          next();
        }
        reportSize();
      }
    },
  };
}
