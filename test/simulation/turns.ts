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
  /** Gives turns until nobody waits and `isDone`. Throws after too many, since something then waits for ever. */
  run(isDone: () => boolean, mayAct: (who: string) => boolean, each: () => Promise<void>): Promise<void>;
}

/** Enough for a rebuild that publishes days of log in epochs of ten minutes, which some seeds want. */
const MOST_TURNS = 300_000;

export function turns(random: Dice): Turns {
  const waiting: { who: string; go: () => void }[] = [];
  return {
    turn: (who) => new Promise((resolve) => waiting.push({ who, go: resolve })),
    async run(isDone, mayAct, each) {
      for (let count = 0; count < MOST_TURNS; count++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone()) return;
        await each();
        const able = waiting.filter(({ who }) => mayAct(who));
        if (able.length === 0) continue;
        const chosen = random.pick(able);
        waiting.splice(waiting.indexOf(chosen), 1);
        chosen.go();
      }
      throw new Error(`no end after ${MOST_TURNS} turns; waiting: ${waiting.map(({ who }) => who).join(', ')}`);
    },
  };
}
