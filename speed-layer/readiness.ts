/**
 * Why a worker is not ready (/readyz): the first reason that one of its parts gives.
 *
 * main.ts adds the parts as it opens them. While the worker holds no partition, the step of its start is the reason.
 */
import type { Holdings } from './round-ports.ts';

/** Returns why a part cannot go on just now, or null. */
type AskPart = () => string | null;

export interface Readiness {
  /** Asks this part too, after those that were added before. */
  add(part: AskPart): void;
  /** Names the step of the start that is under way. */
  begin(step: string): void;
  /** Null: the worker is ready. */
  reason(): string | null;
}

export function workerReadiness(holdings: Pick<Holdings, 'progress'>): Readiness {
  const parts: AskPart[] = [];
  let startStep = 'starting';
  return {
    add: (part) => void parts.push(part),
    begin: (step) => void (startStep = step),
    reason() {
      for (const part of parts) {
        const reason = part();
        if (reason !== null) return reason;
      }
      return holdings.progress.size === 0 ? startStep : null;
    },
  };
}
