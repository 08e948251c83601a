/**
 * The client's one retry loop: back-off with jitter until the operation's time is over. Batches, scans, check-and-puts
 * and questions to the master all repeat their attempts in `withRetry`.
 *
 * The first wait is short, since most regions that moved are open elsewhere by then. Later waits double up to a bound,
 * so that clients do not storm a cluster that comes back after half a minute. Jitter spreads the workers' attempts.
 */
import { asHBaseError, closedError, isResent } from './errors.ts';
import type { HBaseError } from './errors.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

function backoffMs(attempt: number, random: () => number = Math.random): number {
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

/** How long an operation may still take: its limit, counted anew with each renewal. */
export class Patience {
  private readonly limitMs: number;
  private since = performance.now();

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  get leftMs(): number {
    return this.since + this.limitMs - performance.now();
  }

  renew(): void {
    this.since = performance.now();
  }
}

export interface RetryTerms {
  readonly patience: Patience;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
  /** Called before every further attempt. */
  onRetry(error: HBaseError, attempt: number): void;
}

/** Repeats `attempt` until it succeeds, cannot succeed, or the next wait would take longer than the patience. */
export async function withRetry<T>(terms: RetryTerms, attempt: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      if (terms.signal.aborted) throw closedError();
      return await attempt();
    } catch (thrown) {
      const error = asHBaseError(thrown);
      const waitMs = backoffMs(n);
      if (!isResent(error) || waitMs > terms.patience.leftMs) throw error;
      await pause(waitMs, terms.signal);
      terms.onRetry(error, n + 1);
    }
  }
}
