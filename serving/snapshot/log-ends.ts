/**
 * The ends of the log over the last seconds, without letting Kafka hold up an answer.
 *
 * snapshot.ts asks for newer ends before it reads progress. While Kafka is away the last known ends stand and
 * freshness grows, which is true: counts are in HBase and stay exact, only how far behind the log they are is no longer
 * known better. The ends are those of the log, not those of what is delivered: behind a transaction that hangs, what
 * was acknowledged waits unseen.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LogAdmin } from '../../core/stores/kafka/types.ts';
import type { EndOffsets } from './freshness.ts';

const KEPT = 40;
const WAIT_MS = 1_500;
const REST_MS = 2_000;

export interface LogEnds {
  /** Asks once more, waiting a bounded time; returns the ends that are known, newest first. */
  refresh(): Promise<readonly EndOffsets[]>;
  /** Why the newest question was not answered; null if it was. */
  fault(): unknown;
}

export function logEnds(admin: Pick<LogAdmin, 'newestEnds'>, now: () => number): LogEnds {
  let known: readonly EndOffsets[] = [];
  let pending: Promise<void> | null = null;
  let fault: unknown = null;
  let failedAt = -Infinity;
  const ask = async (): Promise<void> => {
    const at = now();
    try {
      const ends = await admin.newestEnds();
      known = [{ at, ends }, ...known].slice(0, KEPT);
      fault = null;
    } catch (thrown) {
      fault = thrown;
      failedAt = now();
    } finally {
      pending = null;
    }
  };
  return {
    async refresh() {
      if (now() - failedAt < REST_MS) return known;
      pending ??= ask();
      const waited = new AbortController();
      await Promise.race([pending, pause(WAIT_MS, undefined, { signal: waited.signal }).catch(() => undefined)]);
      waited.abort();
      return known;
    },
    fault: () => fault,
  };
}
