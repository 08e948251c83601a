/**
 * Readiness for all callers: one shared check, and no host names for strangers.
 *
 * app.ts passes the check (readiness-checks.ts); http/health.ts and the metrics port ask. Balancers and probes may ask
 * as often as they like: one check runs at a time, its result is reused for a moment, and a check that takes too long
 * counts as not ready, because probes do not wait. The log records changes with their reasons; only known callers get
 * the reasons.
 */
import { SECOND_MS } from '../../core/domain/time.ts';
import type { Log } from '../../core/process/log.ts';
import type { ReadyAnswer } from '../answers.ts';
import { inTime } from '../../core/process/in-time.ts';

/** A ready process is checked less often; a process that becomes ready should show it soon. */
const HOLDS_MS = { ready: 3_000, notReady: 1_000 };
const PATIENCE_MS = 8_000;

export interface ReadinessOptions {
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly patienceMs?: number;
}

export function sharedReadiness(
  look: () => Promise<ReadyAnswer>,
  { now, log, patienceMs = PATIENCE_MS }: ReadinessOptions,
): () => Promise<ReadyAnswer> {
  let last: { answer: ReadyAnswer; until: number } | null = null;
  let pending: Promise<ReadyAnswer> | null = null;
  const record = (answer: ReadyAnswer): ReadyAnswer => {
    if (!answer.ready && last?.answer.ready !== false) log.warn({ because: reasonsOf(answer) }, 'not ready');
    else if (answer.ready && last?.answer.ready === false) log.info('ready');
    last = { answer, until: now() + (answer.ready ? HOLDS_MS.ready : HOLDS_MS.notReady) };
    return answer;
  };
  const timeoutAnswer = (): ReadyAnswer => ({
    ready: false,
    checks: [{ name: 'stores', ok: false, detail: `no answer within ${patienceMs / SECOND_MS} s` }],
  });
  return async () => {
    if (last && now() < last.until) return last.answer;
    pending ??= look()
      .then(record)
      .finally(() => (pending = null));
    return inTime(pending, patienceMs, timeoutAnswer);
  };
}

/** The failed checks as text, one a line. */
export function reasonsOf({ checks }: ReadyAnswer): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('\n');
}

/** The same result without reasons. */
export function withoutDetails({ ready, checks }: ReadyAnswer): ReadyAnswer {
  return {
    ready,
    checks: checks.map(({ name, ok }) => ({
      name,
      ok,
      detail: ok ? 'ok' : 'failed; the log has the reason, and so does this answer for a signed-in caller',
    })),
  };
}
