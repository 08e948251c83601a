/**
 * A speed worker: takes records from the log and does a round, until told to stop.
 *
 * main.ts opens its parts. While the worker keeps up, rounds begin at least the linger apart, so that HBase gets few
 * large mutations; while it is behind, they follow each other at once. A worker that is told to stop finishes the round
 * in flight and leaves the group. While a dependency is away the worker waits with back-off, and `waitingFor` says so.
 * A fault that cannot pass ends every wait of the worker and is thrown: no lane goes on with clients that main.ts
 * closes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/process/log.ts';
import type { LogConsumer } from '../core/stores/kafka/types.ts';
import type { SpeedMetrics } from './metrics.ts';
import type { Holdings, RoundPorts } from './round-ports.ts';
import { messageOf, Refusal, Retryable } from '../core/process/errors.ts';
import { withRetry, WORKER_RETRY } from '../core/process/retry.ts';
import { rereadDoubts } from './reread.ts';
import { runRound } from './round.ts';

export interface Pace {
  readonly lingerMs: number;
  readonly roundRecords: number;
  readonly watchEveryMs: number;
}

export interface WorkerPorts extends RoundPorts {
  readonly consumer: LogConsumer;
  readonly metrics: Pick<SpeedMetrics, 'round'>;
  /** Throws a Refusal when the log is not what it was (watch.ts). */
  watch(): Promise<void>;
}

export interface WorkerRun {
  readonly holdings: Holdings;
  readonly pace: Pace;
  /** Aborted when the worker is told to stop. */
  readonly signal: AbortSignal;
  /** The worker aborts it with its first fault; `ports.persist` must listen to it. */
  readonly failure: AbortController;
}

/** Runs until `signal` is aborted. */
export async function runWorker(ports: WorkerPorts, { holdings, pace, signal, failure }: WorkerRun): Promise<void> {
  const watching = watchBeside(ports.watch, pace.watchEveryMs, failure);
  try {
    while (!signal.aborted) {
      failure.signal.throwIfAborted();
      const beganAt = Date.now();
      const records = await ports.persist(() => ports.consumer.take(pace.roundRecords));
      const takenAt = Date.now();
      const effects = await runRound(ports, holdings, { records, drained: ports.consumer.drained() });
      rereadDoubts(ports, holdings);
      ports.metrics.round(records, effects, Date.now() - takenAt);
      const restMs = records.length < pace.roundRecords ? pace.lingerMs - (Date.now() - beganAt) : 0;
      if (records.length > 0 && restMs > 0) await sleep(restMs, undefined, { signal });
    }
  } catch (thrown) {
    failure.abort(failure.signal.aborted ? thrown : await causeOf(thrown, ports.watch));
    if (!signal.aborted) throw failure.signal.reason;
  } finally {
    watching.stop();
  }
}

/**
 * What the next look would have said, if it explains the fault: a worker that was halted while a rebuild was switched
 * and pruned finds no rows of its generation, which looks like wrong settings, and only has to start again.
 */
async function causeOf(thrown: unknown, watch: () => Promise<void>): Promise<unknown> {
  if (!(thrown instanceof Refusal)) return thrown;
  return watch().then(
    () => thrown,
    (found: unknown) => (found instanceof Refusal ? found : thrown),
  );
}

/**
 * Looks at intervals without holding up the work. A fault ends the rounds' waits, since what they wait for is gone.
 */
export function watchBeside(watch: () => Promise<void>, everyMs: number, failure: AbortController): { stop(): void } {
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      await watch();
    } catch (thrown) {
      if (!(thrown instanceof Retryable)) failure.abort(thrown);
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return { stop: () => clearInterval(timer) };
}

export interface Patience {
  persist<T>(step: () => Promise<T>, lane?: AbortSignal): Promise<T>;
  /** Why the worker, or one of its lanes, cannot go on just now, or null. */
  waitingFor(): string | null;
}

/** Repeats a step for as long as its dependency is away, until the worker or the step's lane ends. */
export function patience(log: Log, retried: (dependency: string) => void, signal: AbortSignal): Patience {
  /** Why each waiting step waits, oldest first: lanes wait side by side, and each ends its own wait. */
  const waits = new Map<object, string>();
  return {
    async persist(step, lane) {
      const wait = {};
      const onRetry = (fault: Retryable, attempt: number, delayMs: number): void => {
        waits.set(wait, `waiting for ${fault.dependency}: ${messageOf(fault)}`);
        retried(fault.dependency);
        if (attempt === 1 || attempt % 10 === 0)
          log.warn({ attempt, delayMs, because: messageOf(fault) }, `${fault.dependency} is away`);
      };
      try {
        const result = await withRetry(WORKER_RETRY, step, { signal: lane ? [signal, lane] : signal, onRetry });
        if (waits.has(wait)) log.info('going on');
        return result;
      } finally {
        waits.delete(wait);
      }
    },
    waitingFor: () => [...waits.values()][0] ?? null,
  };
}
