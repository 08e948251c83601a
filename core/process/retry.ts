/**
 * Bounded back-off with jitter: the one place that handles a Retryable.
 *
 * The speed layer retries a batch for as long as its dependency is away; commands give up after a limit and end with
 * exit code 5. The clock and the dice are passed in by tests.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Retryable } from './errors.ts';

export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly greatestDelayMs: number;
  /** Give up after this long; Infinity for a worker. */
  readonly limitMs: number;
}

export const WORKER_RETRY: RetryPolicy = { firstDelayMs: 100, greatestDelayMs: 5_000, limitMs: Infinity };
export const COMMAND_RETRY: RetryPolicy = { firstDelayMs: 200, greatestDelayMs: 3_000, limitMs: 60_000 };

export interface RetryHooks {
  /** Any of them ends the retries and their waits; its reason is thrown. */
  readonly signal?: AbortSignal | readonly AbortSignal[] | undefined;
  /** Called before each wait, with the fault that caused it. */
  readonly onRetry?: ((fault: Retryable, attempt: number, delayMs: number) => void) | undefined;
}

/** Runs `work` until it succeeds; rethrows what is not Retryable, and the last Retryable once the limit has passed. */
export async function withRetry<T>(policy: RetryPolicy, work: () => Promise<T>, hooks: RetryHooks = {}): Promise<T> {
  const startedAt = Date.now();
  const signals = [hooks.signal ?? []].flat();
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (fault) {
      signals.forEach((signal) => signal.throwIfAborted());
      if (!(fault instanceof Retryable) || Date.now() - startedAt >= policy.limitMs) throw fault;
      const ceilingMs = Math.min(policy.greatestDelayMs, policy.firstDelayMs * 2 ** Math.min(attempt - 1, 16));
      const delayMs = ceilingMs * (0.5 + Math.random() / 2);
      hooks.onRetry?.(fault, attempt, delayMs);
      await wait(delayMs, signals);
    }
  }
}

async function wait(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals]);
  await sleep(ms, undefined, { signal }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw thrown;
  });
}
