/**
 * How many wrong passwords are taken: by user and by client, so that guessing is slow and nobody else is held up by it.
 *
 * users.ts looks before it hashes and counts only what was wrong: a request without credentials costs nothing and
 * counts nothing. Who guesses at one user from one network meets the lowest limit. The limit of a user over all
 * networks is high, because it also keeps out the user. Addresses of IPv6 count by their /64, which is one customer's.
 */
import { isIPv6 } from 'node:net';
import { rateLimit } from './rate.ts';

const MOST_PER_MINUTE = { userAndClient: 10, client: 60, user: 300 };

export interface Guesses {
  /** Throws TooMany if no further guess is taken. */
  check(user: string, client: string): void;
  count(user: string, client: string): void;
}

/** `mostPerMinute`: a lower limit for all three; 0 is none. */
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
      // Each takes its token whatever the others say: the next check tells the caller.
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
