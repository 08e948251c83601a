/**
 * Users of AUTH=basic: names, roles and hashed passwords, as lines of AUTH_USERS (AUTH_USERS_FILE).
 *
 *   alice:operator:scrypt$131072$8$1$<salt, base64>$<hash, base64>
 *
 * `sightline user` makes a line. Hashes are scrypt (RFC 7914) with the cost of OWASP's Password Storage Cheat Sheet,
 * and the comparison takes constant time; an unknown name costs as much as a known one. Scrypt is slow on purpose, but
 * a page asks every second: a correct header is cached for ten minutes, as a keyed digest, and checked before anything
 * is counted or hashed. Users are read when the process starts, so the cache never outlives a change.
 */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { MINUTE_MS } from '../../core/domain/time.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { Unauthenticated } from '../faults.ts';
import type { Guesses } from './guesses.ts';
import type { Caller, Role } from './caller.ts';
import { boundedQueue } from '../bounds/bounded-queue.ts';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const COST = { N: 131_072, r: 8, p: 1 };
const MOST_MEMORY = 256 * 1_048_576;
const HASH_BYTES = 32;
const LINE = /^([^:\s]+):(viewer|operator):scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
const REMEMBERED_MS = 10 * MINUTE_MS;
/** One hash takes about 128 MB for a third of a second. */
const HASHES = { atOnce: 1, waiting: 20, what: 'password checks' };
const LEAST_BYTES = { salt: 8, hash: 16 };
export const LEAST_PASSWORD_CHARACTERS = 12;
const MOST_REMEMBERED = 1_000;

interface User extends Caller {
  readonly cost: { N: number; r: number; p: number };
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface BasicUsers {
  /** Throws Unauthenticated; throws TooManyRequests after many wrong passwords or while many other passwords wait. */
  identify(authorization: string | null, client: string): Promise<Caller>;
}

/** Events of password checks, for the audit trail. */
export interface PasswordEvents {
  onSignIn(caller: Caller, client: string): void;
  /** `name` is null if no user has it, because people type passwords into the name field. */
  onFailure(name: string | null, client: string): void;
}

const NO_EVENTS: PasswordEvents = { onSignIn: () => undefined, onFailure: () => undefined };

/** Throws a Refusal that names the line at fault, never its hash. */
export function basicUsers(
  text: string,
  guesses: Guesses,
  now: () => number = Date.now,
  events = NO_EVENTS,
): BasicUsers {
  const users = new Map(readUsers(text).map((user) => [user.name, user]));
  // Has the same cost as real users, so that the time does not reveal whether a name exists.
  const decoy: User = {
    name: '',
    role: 'viewer',
    cost: [...users.values()][0]!.cost,
    salt: randomBytes(16),
    hash: randomBytes(HASH_BYTES),
  };
  const key = randomBytes(32);
  const queue = boundedQueue(HASHES);
  const remembered = new Map<string, { caller: Caller; until: number }>();
  const pending = new Map<string, Promise<Caller>>();
  const check = async ({ name, password }: Credentials, client: string): Promise<Caller> => {
    guesses.check(name, client);
    const user = users.get(name) ?? decoy;
    const { N, r, p } = user.cost;
    const hash = await queue.run(undefined, () =>
      derive(password.normalize('NFC'), user.salt, user.hash.length, { N, r, p, maxmem: MOST_MEMORY }),
    );
    if (timingSafeEqual(hash, user.hash) && user !== decoy) {
      const caller = { name: user.name, role: user.role };
      events.onSignIn(caller, client);
      return caller;
    }
    guesses.count(name, client);
    events.onFailure(user === decoy ? null : name, client);
    throw new Unauthenticated('The name or the password is wrong', { 'www-authenticate': CHALLENGE });
  };
  return {
    async identify(authorization, client) {
      const digest = createHmac('sha256', key)
        .update(authorization ?? '')
        .digest('base64');
      const known = remembered.get(digest);
      if (known && known.until > now()) return known.caller;
      const credentials = credentialsOf(authorization);
      if (!credentials)
        throw new Unauthenticated('A name and a password are required (HTTP Basic authentication)', {
          'www-authenticate': CHALLENGE,
        });
      // A page sends several requests at once: one hash serves all of them.
      const answer = pending.get(digest) ?? check(credentials, client).finally(() => pending.delete(digest));
      pending.set(digest, answer);
      const caller = await answer;
      remembered.delete(digest);
      remembered.set(digest, { caller, until: now() + REMEMBERED_MS });
      if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
      return caller;
    },
  };
}

interface Credentials {
  readonly name: string;
  readonly password: string;
}

const CHALLENGE = 'Basic realm="Sightline", charset="UTF-8"';

function credentialsOf(authorization: string | null): Credentials | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon <= 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function readUsers(text: string): User[] {
  const lines = text
    .split(/[\n;]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const users = lines.map((line, index): User => {
    const parts = LINE.exec(line);
    if (!parts)
      throw new Refusal(
        EXIT.usage,
        `AUTH_USERS: user ${index + 1} is not <name>:<viewer or operator>:scrypt$…; "sightline user" makes such a line`,
      );
    const [, name, role, N, r, p, salt, hash] = parts as unknown as [
      string,
      string,
      Role,
      string,
      string,
      string,
      string,
      string,
    ];
    const user = {
      name,
      role,
      cost: { N: Number(N), r: Number(r), p: Number(p) },
      salt: Buffer.from(salt, 'base64'),
      hash: Buffer.from(hash, 'base64'),
    };
    const fault = faultOf(user);
    if (fault !== null)
      throw new Refusal(
        EXIT.usage,
        `AUTH_USERS: user ${index + 1} has ${fault}; "sightline user" makes a line that fits`,
      );
    return user;
  });
  if (users.length === 0)
    throw new Refusal(
      EXIT.usage,
      'AUTH=basic needs AUTH_USERS or AUTH_USERS_FILE with at least one user; "sightline user" makes one',
    );
  return users;
}

/** The fault of a line with the right form; a hash without bytes would admit everybody. */
function faultOf({ cost: { N, r, p }, salt, hash }: Pick<User, 'cost' | 'salt' | 'hash'>): string | null {
  if (salt.length < LEAST_BYTES.salt || hash.length < LEAST_BYTES.hash) return 'a salt or a hash that is too short';
  if (N < 2 || (N & (N - 1)) !== 0 || r < 1 || p < 1)
    return 'numbers that scrypt does not take (the first is a power of two)';
  return 128 * N * r * p > MOST_MEMORY ? `a hash that needs more than ${MOST_MEMORY / 1_048_576} MB` : null;
}

/** A line for AUTH_USERS; only tests, which hash many passwords, use a lower cost. */
export async function userLine(name: string, role: Role, password: string, cost: User['cost'] = COST): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password.normalize('NFC'), salt, HASH_BYTES, { ...cost, maxmem: MOST_MEMORY });
  return `${name}:${role}:scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
