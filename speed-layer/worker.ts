/**
 * A speed worker: takes what the log has, does a round, and again, until told to stop.
 *
 * main.ts opens its parts. Rounds begin at least the linger apart while it keeps up, so that HBase gets few large mutations, and
 * follow each other at once while it is behind. Told to stop it finishes the round in flight and leaves the group; while a
 * dependency is away it waits with back-off and says so in `waitingFor`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/process/log.ts';
import type { LogConsumer } from '../core/stores/kafka/types.ts';
import type { SpeedMetrics } from './metrics.ts';
import type { Holdings, RoundPorts } from './round.ts';
import { messageOf, Retryable } from '../core/process/errors.ts';
import { retrying, WORKER_RETRY } from '../core/process/retry.ts';
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

export async function runWorker(ports: WorkerPorts, holdings: Holdings, pace: Pace, signal: AbortSignal): Promise<void> {
  const watching = watchBeside(ports.watch, pace.watchEveryMs);
  try {
    while (!signal.aborted) {
      watching.throwIfBroken();
      const beganAt = Date.now();
      const records = await ports.persist(() => ports.consumer.take(pace.roundRecords));
      const takenAt = Date.now();
      const effects = await runRound(ports, holdings, { records, drained: ports.consumer.drained() });
      ports.metrics.round(records, effects, Date.now() - takenAt);
      const restMs = records.length < pace.roundRecords ? pace.lingerMs - (Date.now() - beganAt) : 0;
      if (records.length > 0 && restMs > 0) await sleep(restMs, undefined, { signal });
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    watching.stop();
  }
}

/** Checks at intervals without holding up the rounds; what was found is thrown by `throwIfBroken`. */
function watchBeside(watch: () => Promise<void>, everyMs: number): { throwIfBroken(): void; stop(): void } {
  let broken: unknown = null;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await watch();
    } catch (thrown) {
      if (!(thrown instanceof Retryable)) broken = thrown;
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  return {
    throwIfBroken() {
      if (broken) throw broken;
    },
    stop: () => clearInterval(timer),
  };
}

export interface Patience {
  persist<T>(step: () => Promise<T>): Promise<T>;
  /** Why the worker cannot go on just now, or null. */
  waitingFor(): string | null;
}

/** Tries a step again for as long as its dependency is away. */
export function patience(log: Log, retried: (dependency: string) => void, signal: AbortSignal): Patience {
  let waitingFor: string | null = null;
  const onRetry = (fault: Retryable, attempt: number, delayMs: number): void => {
    waitingFor = `waiting for ${fault.dependency}: ${messageOf(fault)}`;
    retried(fault.dependency);
    if (attempt === 1 || attempt % 10 === 0) log.warn({ attempt, delayMs, because: messageOf(fault) }, `${fault.dependency} is away`);
  };
  return {
    async persist(step) {
      const done = await retrying(WORKER_RETRY, step, { signal, onRetry });
      if (waitingFor !== null) log.info('going on');
      waitingFor = null;
      return done;
    },
    waitingFor: () => waitingFor,
  };
}
