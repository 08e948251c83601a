/**
 * How many places of a kind one caller holds: exports that run, streams that are open.
 *
 * exports.ts and streams.ts take a place for each and leave it however it ends. The number of all places is bounded
 * there; this bound leaves some to everybody else. Nothing is kept of a caller who holds none.
 */
import { TooMany } from '../faults.ts';

export interface CallerSlots {
  /**
   * Returns the way out, which may be taken more than once. Throws TooMany (429) if the caller holds as many as one
   * may.
   */
  take(caller: string): () => void;
}

export interface CallerSlotsOptions {
  readonly most: number;
  /** What a place is for, as a plural. */
  readonly what: string;
  /** The setting that bounds it. */
  readonly variable: string;
  readonly retryAfterSeconds: number;
}

export function callerSlots({ most, what, variable, retryAfterSeconds }: CallerSlotsOptions): CallerSlots {
  const counts = new Map<string, number>();
  return {
    take(caller) {
      const count = counts.get(caller) ?? 0;
      if (count >= most)
        throw new TooMany(
          429,
          `You have ${count} ${what} under way, as many as one caller may (${variable}); end one, or try again later`,
          retryAfterSeconds,
        );
      counts.set(caller, count + 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        const left = counts.get(caller)! - 1;
        if (left > 0) counts.set(caller, left);
        else counts.delete(caller);
      };
    },
  };
}
