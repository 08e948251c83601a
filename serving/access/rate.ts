/**
 * Limits the requests of one caller with a token bucket.
 *
 * gate.ts takes one token for each request. A bucket holds the tokens of a minute, so that a page that loads at once is
 * not delayed. The number of buckets is limited: the least recently used one is removed, and its caller starts with a
 * full bucket again.
 */
import { MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { TooManyRequests } from '../faults.ts';

const MOST_BUCKETS = 10_000;

/**
 * Takes a token of the key, or only checks for one; throws TooManyRequests without a token. `perMinute` 0 means no
 * limit.
 */
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
    throw new TooManyRequests(
      429,
      `You have reached the limit of ${perMinute} ${what} a minute; try again in ${waitSeconds} s`,
      waitSeconds,
    );
  };
}
