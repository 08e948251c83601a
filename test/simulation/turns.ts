/**
 * Who goes on next: every simulated call waits for its turn, and a seed says whose it is.
 *
 * So two workers interleave at each call in ways that no clock would produce, a zombie sleeps for as long as the seed
 * wants, and the same seed gives the same order. Between turns all promises settle.
 */
import type { Dice } from './random.ts';

export interface Turns {
  /** Waits for a turn; `who` may be put to sleep. */
  turn(who: string): Promise<void>;
  /** Gives turns until it is done. Throws if nothing has come any further for many turns: something waits for ever. */
  run(steps: Steps): Promise<void>;
}

export interface Steps {
  isDone(): boolean;
  mayAct(who: string): boolean;
  /** Before each turn. */
  beforeTurn(): Promise<void>;
  /** How far the simulation has come: a number that rises, now and then, for as long as it is not stuck. */
  reached(): number;
}

/** In 376 seeds the longest stretch was 364 turns. */
const MOST_TURNS_WITHOUT_PROGRESS = 20_000;
/** Enough for a rebuild that publishes days of log in epochs of ten minutes, which some seeds want. */
const MOST_TURNS = 300_000;

export function turns(random: Dice): Turns {
  const waiting: { who: string; go: () => void }[] = [];
  return {
    turn: (who) => new Promise((resolve) => waiting.push({ who, go: resolve })),
    async run({ isDone, mayAct, beforeTurn, reached }) {
      let greatest = -Infinity;
      let idleTurns = 0;
      for (let count = 0; count < MOST_TURNS && idleTurns < MOST_TURNS_WITHOUT_PROGRESS; count++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone()) return;
        await beforeTurn();
        const now = reached();
        idleTurns = now > greatest ? 0 : idleTurns + 1;
        greatest = Math.max(greatest, now);
        const able = waiting.filter(({ who }) => mayAct(who));
        if (able.length === 0) continue;
        const chosen = random.pick(able);
        waiting.splice(waiting.indexOf(chosen), 1);
        chosen.go();
      }
      const who = waiting.map((each) => each.who).join(', ');
      throw new Error(`no end after ${MOST_TURNS} turns, or no progress for ${idleTurns}; waiting: ${who}`);
    },
  };
}
