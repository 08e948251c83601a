/**
 * A limit in bytes for everything that serving caches: the entry that was used least recently goes first (LRU).
 *
 * batch-hours.ts and speed-hours.ts add an entry under each key. A question that uses an evicted entry has its own
 * reference, so eviction never affects it.
 */
export interface Budget {
  /**
   * Adds or replaces the entry of the key and marks it as used; `drop` removes it from its cache. May evict other
   * entries, or this one.
   */
  add(key: string, bytes: number, drop: () => void): void;
  /** Marks the entry as used. */
  touch(key: string): void;
  /** Removes the entry without calling `drop`. */
  remove(key: string): void;
  readonly bytes: number;
}

export function createBudget(mostBytes: number, onBytes: (bytes: number) => void = () => undefined): Budget {
  // A Map keeps the order of insertion: the first entry is the least recently used.
  const entries = new Map<string, { bytes: number; drop: () => void }>();
  let sum = 0;
  const remove = (key: string): void => {
    sum -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };
  return {
    add(key, bytes, drop) {
      remove(key);
      entries.set(key, { bytes, drop });
      sum += bytes;
      for (const [oldest, entry] of entries) {
        if (sum <= mostBytes) break;
        remove(oldest);
        entry.drop();
      }
      onBytes(sum);
    },
    touch(key) {
      const entry = entries.get(key);
      if (!entry) return;
      entries.delete(key);
      entries.set(key, entry);
    },
    remove,
    get bytes() {
      return sum;
    },
  };
}
