/**
 * Goes on with one replica while a quorum is away (CASSANDRA_CONSISTENCY=one), and counts every time that it does.
 *
 * client.ts passes each question in two forms. The strong one asks a quorum. When too few replicas are up, or when no
 * quorum has answered for two seconds, the weak one asks a single replica; so do the questions that follow, until a
 * probe finds a quorum again. An answer is counted before it is given, so whoever compares the count before and after
 * some work never takes a weak answer for a sure one.
 */
import type { Certainty } from '../room/certainty.ts';
import { Retryable } from '../../process/errors.ts';
import { isWithoutQuorum } from './faults.ts';

export interface Weakening extends Certainty {
  ask<T>(strong: () => Promise<T>, weak: () => Promise<T>): Promise<T>;
  close(): void;
}

export interface Patience {
  /** How long a strong question that is not answered is repeated before the weak one is asked. */
  readonly strongForMs: number;
  readonly probeEveryMs: number;
  readonly now: () => number;
  /** Calls `run` after so long, unless the returned function was called before. */
  readonly later: (ms: number, run: () => void) => () => void;
}

const later: Patience['later'] = (ms, run) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};
export const USUAL: Patience = { strongForMs: 2_000, probeEveryMs: 500, now: Date.now, later };
/** One answer may be luck while nodes come back one by one. */
const PROBES_IN_A_ROW = 3;

/** `probe` asks a quorum, once. */
export function weakening(
  probe: () => Promise<unknown>,
  { strongForMs, probeEveryMs, now, later }: Patience = USUAL,
): Weakening {
  let weakAnswers = 0;
  /** Ends the probing; null while a quorum answers. */
  let probing: (() => void) | null = null;
  const end = (): void => {
    probing?.();
    probing = null;
  };
  const probeLater = (successes: number): void => {
    probing = later(probeEveryMs, () => {
      probe().then(
        () => (successes + 1 >= PROBES_IN_A_ROW ? end() : probing && probeLater(successes + 1)),
        () => probing && probeLater(0),
      );
    });
  };
  return {
    weakAnswers: () => weakAnswers,
    isWeak: () => probing !== null,
    async ask(strong, weak) {
      for (const beganAt = now(); probing === null;) {
        try {
          return await strong();
        } catch (fault) {
          if (!(fault instanceof Retryable)) throw fault;
          if (!isWithoutQuorum(fault) && now() - beganAt < strongForMs) continue;
          if (probing === null) probeLater(0);
        }
      }
      // mutation: weak-answer
      weakAnswers++;
      return weak();
    },
    close: end,
  };
}
