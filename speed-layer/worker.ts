/**
 * A speed worker: takes what the log has, does a round, and again, until told to stop.
 *
 * main.ts opens its parts. Rounds begin at least the linger apart while it keeps up, so that HBase gets few large
 * mutations, and follow each other at once while it is behind. Told to stop it finishes the round in flight and leaves
 * the group; while a dependency is away it waits with back-off and says so in `waitingFor`. What cannot pass ends every
 * wait of the worker, wherever it was found, and is thrown: no lane goes on with clients that are being closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/process/log.ts';
import type { LogConsumer } from '../core/stores/kafka/types.ts';
import type { SpeedMetrics } from './metrics.ts';
import type { Holdings, RoundPorts } from './round.ts';
import { messageOf, Retryable } from '../core/process/errors.ts';
import { withRetry, WORKER_RETRY } from '../core/process/retry.ts';
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

/**
 * Until `signal` is aborted; `failure` is what the worker aborts with its first fault, and what `ports.persist` must
 * listen to.
 */
export async function runWorker(
  ports: WorkerPorts,
  holdings: Holdings,
  pace: Pace,
  signal: AbortSignal,
  failure: AbortController,
): Promise<void> {
  const watching = watchBeside(ports.watch, pace.watchEveryMs, failure);
  try {
    while (!signal.aborted) {
      failure.signal.throwIfAborted();
      const beganAt = Date.now();
      const records = await ports.persist(() => ports.consumer.take(pace.roundRecords));
      const takenAt = Date.now();
      const effects = await runRound(ports, holdings, { records, drained: ports.consumer.drained() });
      ports.metrics.round(records, effects, Date.now() - takenAt);
      const restMs = records.length < pace.roundRecords ? pace.lingerMs - (Date.now() - beganAt) : 0;
      if (records.length > 0 && restMs > 0) await sleep(restMs, undefined, { signal });
    }
  } catch (thrown) {
    failure.abort(thrown);
    if (!signal.aborted) throw failure.signal.reason;
  } finally {
    watching.stop();
  }
}

/**
 * Checks at intervals without holding up the rounds; a round that waits for what will not come is ended by what was
 * found.
 */
function watchBeside(watch: () => Promise<void>, everyMs: number, failure: AbortController): { stop(): void } {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await watch();
    } catch (thrown) {
      if (!(thrown instanceof Retryable)) failure.abort(thrown);
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  return { stop: () => clearInterval(timer) };
}

export interface Patience {
  persist<T>(step: () => Promise<T>, lane?: AbortSignal): Promise<T>;
  /** Why the worker, or one of its lanes, cannot go on just now, or null. */
  waitingFor(): string | null;
}

/** Tries a step again for as long as its dependency is away, and neither the worker nor the step's lane is to end. */
export function patience(log: Log, retried: (dependency: string) => void, signal: AbortSignal): Patience {
  /** Steps that wait, oldest first: lanes wait side by side, and one that goes on says nothing of the other. */
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
        const done = await withRetry(WORKER_RETRY, step, { signal: lane ? [signal, lane] : signal, onRetry });
        if (waits.has(wait)) log.info('going on');
        return done;
      } finally {
        waits.delete(wait);
      }
    },
    waitingFor: () => [...waits.values()][0] ?? null,
  };
}
