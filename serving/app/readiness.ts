/**
 * Readiness as everybody asks for it: one look at the stores for all, and no names of hosts for strangers.
 *
 * app.ts puts ready.ts behind it, http/health.ts and the metrics port ask. Balancers, probes and whoever else may ask
 * as often as they like: at most one look is under way, what it found holds for a moment, and a look that takes too
 * long is an answer itself, since probes do not wait. Changes go to the log with their reasons, which only known
 * callers hear.
 */
import { SECOND_MS } from '../../core/domain/time.ts';
import type { Log } from '../../core/process/log.ts';
import type { ReadyAnswer } from '../answers.ts';
import { inTime } from '../../core/process/in-time.ts';

/** What is ready is looked at less often; who waits for readiness should hear of it soon. */
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
  let looking: Promise<ReadyAnswer> | null = null;
  const found = (answer: ReadyAnswer): ReadyAnswer => {
    if (!answer.ready && last?.answer.ready !== false) log.warn({ because: reasonsOf(answer) }, 'not ready');
    else if (answer.ready && last?.answer.ready === false) log.info('ready');
    last = { answer, until: now() + (answer.ready ? HOLDS_MS.ready : HOLDS_MS.notReady) };
    return answer;
  };
  const late = (): ReadyAnswer => ({
    ready: false,
    checks: [{ name: 'stores', ok: false, detail: `no answer within ${patienceMs / SECOND_MS} s` }],
  });
  return async () => {
    if (last && now() < last.until) return last.answer;
    looking ??= look()
      .then(found)
      .finally(() => (looking = null));
    return inTime(looking, patienceMs, late);
  };
}

/** The checks that fail, in words. */
export function reasonsOf({ checks }: ReadyAnswer): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('\n');
}

/** The same verdict without what it rests on. */
export function forStrangers({ ready, checks }: ReadyAnswer): ReadyAnswer {
  return {
    ready,
    checks: checks.map(({ name, ok }) => ({
      name,
      ok,
      detail: ok ? 'fine' : 'not fine; the log says why, and so does this answer to somebody who is signed in',
    })),
  };
}
