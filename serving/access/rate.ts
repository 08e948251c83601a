/**
 * How much one caller may ask: a bucket of tokens that fills with time (the classic token bucket).
 *
 * gate.ts takes one for each request. A bucket holds a minute's worth, so that a page that loads at once is not held
 * up. The number of buckets is bounded: the one that was used least recently goes first, and is full again if its
 * caller comes back.
 */
import { MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { TooMany } from '../faults.ts';

const MOST_BUCKETS = 10_000;

/** Takes a token of the key, or only looks whether there is one, or throws TooMany; `perMinute` 0 is no limit. */
export function rateLimit(
  perMinute: number,
  now: () => number,
  what = 'questions',
): (key: string, take?: 'take' | 'look') => void {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key, take = 'take') => {
    if (perMinute === 0) return;
    const at = now();
    const last = buckets.get(key) ?? { tokens: perMinute, at };
    const tokens = Math.min(perMinute, last.tokens + ((at - last.at) * perMinute) / MINUTE_MS);
    buckets.delete(key);
    buckets.set(key, { tokens: tokens >= 1 && take === 'take' ? tokens - 1 : tokens, at });
    if (buckets.size > MOST_BUCKETS) buckets.delete(buckets.keys().next().value!);
    if (tokens >= 1) return;
    const waitSeconds = Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute / SECOND_MS);
    throw new TooMany(429, `more than ${perMinute} ${what} a minute; try again in ${waitSeconds} s`, waitSeconds);
  };
}
