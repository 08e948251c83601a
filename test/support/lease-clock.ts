/**
 * A clock that tests move: what was to be called until then is called, in order, and what that begins in memory has its
 * turn.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { LeaseClock } from '../../core/stores/control/lease.ts';

export interface TestClock extends LeaseClock {
  advance(ms: number): Promise<void>;
}

export function testClock(): TestClock {
  let now = 0;
  const calls = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    after(ms, call) {
      const entry = { at: now + ms, call };
      calls.add(entry);
      return () => calls.delete(entry);
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        for (let turns = 0; turns < 5; turns++) await turn();
        const next = [...calls].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        calls.delete(next);
        now = Math.max(now, next.at);
        next.call();
      }
      now = end;
    },
  };
}
