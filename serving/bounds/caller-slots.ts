/**
 * Limits how many exports or streams one caller may have at the same time.
 *
 * exports.ts and streams.ts take a slot for each and release it however the export or stream ends. They also limit the
 * number for all callers; this limit leaves slots for others. A caller without a slot takes no memory.
 */
import { TooManyRequests } from '../faults.ts';

export interface CallerSlots {
  /**
   * Returns the function that releases the slot, which may be called more than once. Throws TooManyRequests (429) if
   * the caller has no free slot.
   */
  take(caller: string): () => void;
}

export interface CallerSlotsOptions {
  readonly most: number;
  /** What a slot is for, as a plural. */
  readonly what: string;
  /** The setting that holds the limit. */
  readonly variable: string;
  readonly retryAfterSeconds: number;
}

export function callerSlots({ most, what, variable, retryAfterSeconds }: CallerSlotsOptions): CallerSlots {
  const counts = new Map<string, number>();
  return {
    take(caller) {
      const count = counts.get(caller) ?? 0;
      if (count >= most)
        throw new TooManyRequests(
          429,
          `You have ${count} running ${what}, the limit for one caller (${variable}); end one, or try again later`,
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
