/**
 * The ends of the log over the last seconds; a slow Kafka does not delay answers.
 *
 * snapshot.ts asks for newer ends before it reads progress. While Kafka does not answer, the last known ends stay and
 * freshness grows. That is true: counts are in HBase and stay exact, only the distance to the end of the log is
 * unknown. The ends are those of the log and not of the delivered records, because acknowledged records can wait unseen
 * behind a transaction that hangs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LogAdmin } from '../../core/stores/kafka/types.ts';
import type { EndOffsets } from './freshness.ts';

const KEPT = 40;
const WAIT_MS = 1_500;
const REST_MS = 2_000;

export interface LogEnds {
  /** Asks Kafka again and waits a limited time; returns the known ends, newest first. */
  refresh(): Promise<readonly EndOffsets[]>;
  /** The fault of the newest request; null if Kafka has answered it. */
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
