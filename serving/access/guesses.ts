/**
 * Limits wrong passwords by user and by client, so that guessing is slow and does not slow down others.
 *
 * users.ts checks the limits before it hashes and counts only wrong passwords: a request without credentials costs and
 * counts nothing. Guesses at one user from one network have the lowest limit. The limit of a user over all networks is
 * high, because reaching it also locks out the user. IPv6 addresses count by their /64, which belongs to one customer.
 */
import { isIPv6 } from 'node:net';
import { rateLimit } from './rate.ts';

const MOST_PER_MINUTE = { userAndClient: 10, client: 60, user: 300 };

export interface Guesses {
  /** Throws TooManyRequests if a limit is reached. */
  check(user: string, client: string): void;
  count(user: string, client: string): void;
}

/** `mostPerMinute`: an upper bound for all three limits; 0 means none. */
export function guessLimits(mostPerMinute: number, now: () => number): Guesses {
  const limit = (most: number) =>
    rateLimit(mostPerMinute > 0 ? Math.min(most, mostPerMinute) : most, now, 'wrong passwords');
  const limits = {
    userAndClient: limit(MOST_PER_MINUTE.userAndClient),
    client: limit(MOST_PER_MINUTE.client),
    user: limit(MOST_PER_MINUTE.user),
  };
  return {
    check(user, client) {
      const network = networkOf(client);
      limits.userAndClient(`${network} ${user}`, 'look');
      limits.client(network, 'look');
      limits.user(user, 'look');
    },
    count(user, client) {
      const network = networkOf(client);
      // Each limit counts the guess even if another one is reached; the next check throws.
      for (const take of [
        () => limits.userAndClient(`${network} ${user}`),
        () => limits.client(network),
        () => limits.user(user),
      ]) {
        try {
          take();
        } catch {
          continue;
        }
      }
    },
  };
}

/** The address itself, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? left : [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
