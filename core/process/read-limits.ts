/**
 * What a reader gives along with a question to a store: how it says that it wants no answer any more, and who counts
 * what it reads.
 *
 * Serving makes one for each question (serving/bounds/allowance.ts), the stores heed it: they ask nothing further once
 * the signal is aborted, and tell of the bytes of every answer that they take. Who gives none waits for as long as the
 * store's own time limits say.
 */
import { setMaxListeners } from 'node:events';

export interface ReadLimits {
  /** When it is aborted the read ends with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes of each answer as it comes; what it throws ends the read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * What the work resolves to, or the signal's reason as soon as it is aborted: then the work ends by itself and nobody
 * hears of it.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The same signal, to which as many reads listen as are under way: Node takes more than ten for a leak. */
export function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
