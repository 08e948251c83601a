/**
 * A bound in bytes for everything that serving remembers: what was used longest ago goes first.
 *
 * batch-hours.ts and speed-hours.ts say what they hold under which key; a question that is using what goes away keeps
 * its own reference, so nothing is taken from under it.
 */
export interface Budget {
  /** `bytes` are held under the key, and were used now; `drop` forgets them. May drop others, or this very one. */
  holds(key: string, bytes: number, drop: () => void): void;
  /** They were used now. */
  used(key: string): void;
  /** Nothing is held under the key any more. */
  gone(key: string): void;
  readonly bytes: number;
}

export function budgetOf(mostBytes: number, onBytes: (bytes: number) => void = () => undefined): Budget {
  // A Map keeps the order of insertion: the first is the one that was used longest ago.
  const held = new Map<string, { bytes: number; drop: () => void }>();
  let sum = 0;
  const remove = (key: string): void => {
    sum -= held.get(key)?.bytes ?? 0;
    held.delete(key);
  };
  return {
    holds(key, bytes, drop) {
      remove(key);
      held.set(key, { bytes, drop });
      sum += bytes;
      for (const [oldest, entry] of held) {
        if (sum <= mostBytes) break;
        remove(oldest);
        entry.drop();
      }
      onBytes(sum);
    },
    used(key) {
      const entry = held.get(key);
      if (!entry) return;
      held.delete(key);
      held.set(key, entry);
    },
    gone: remove,
    get bytes() {
      return sum;
    },
  };
}
