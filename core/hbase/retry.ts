/**
 * Trying again: back-off with jitter until a deadline. The one place where the client waits.
 *
 * The first wait is short, since most regions that moved are open elsewhere by then; later ones double up to a bound,
 * so that a cluster that comes back after half a minute is not met by a storm. Jitter keeps workers from falling in
 * step.
 */
import { asHBaseError, closedError, isResent } from './errors.ts';
import type { HBaseError } from './errors.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return most * (0.5 + 0.5 * random());
}

/** Waits, or throws as soon as the client is closed. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(closedError());
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(closedError());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

export interface RetryTerms {
  deadline: number;
  signal: AbortSignal;
  /** Called before every further attempt. */
  onRetry(error: HBaseError, attempt: number): void;
}

/** Repeats `attempt` until it succeeds, cannot succeed, or the deadline (of performance.now()) would pass. */
export async function withRetry<T>(terms: RetryTerms, attempt: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      if (terms.signal.aborted) throw closedError();
      return await attempt();
    } catch (thrown) {
      const error = asHBaseError(thrown);
      const waitMs = backoffMs(n);
      if (!isResent(error) || performance.now() + waitMs > terms.deadline) throw error;
      await pause(waitMs, terms.signal);
      terms.onRetry(error, n + 1);
    }
  }
}
