/**
 * The limits that a reader gives a store with its question: a signal that ends the read, and a function that counts its
 * bytes.
 *
 * Serving makes one for each question (serving/bounds/allowance.ts). The stores ask nothing further once the signal is
 * aborted, and report the bytes of every answer. Without limits a read lasts as long as the store's own time limits.
 */
import { setMaxListeners } from 'node:events';

export interface ReadLimits {
  /** Once it is aborted, the read ends with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of the bytes of each answer as it comes; what it throws ends the read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** The work's result, or the signal's reason as soon as it is aborted; nobody hears of the work after that. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Allows any number of reads to listen to a signal: Node reports more than ten as a leak. */
export function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
