/**
 * Users of AUTH=basic: names, roles and hashed passwords, as lines of AUTH_USERS (AUTH_USERS_FILE).
 *
 *   alice:operator:scrypt$16384$8$1$<salt, base64>$<hash, base64>
 *
 * `sightline user` makes a line. Hashes are scrypt (RFC 7914) and compared in constant time; an unknown name costs as much as a known
 * one. Scrypt is slow on purpose, and a page asks every second: a header that was right is remembered, as a keyed digest, for a
 * minute.
 */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { MINUTE_MS } from '../../core/domain/time.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { NotAdmitted } from '../faults.ts';
import type { Caller, Role } from './gate.ts';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const COST = { N: 16_384, r: 8, p: 1 };
const MOST_MEMORY = 256 * 1_048_576;
const HASH_BYTES = 32;
const LINE = /^([^:\s]+):(viewer|operator):scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
const REMEMBERED_MS = MINUTE_MS;
const MOST_REMEMBERED = 1_000;

interface User extends Caller {
  readonly cost: { N: number; r: number; p: number };
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface BasicUsers {
  identify(authorization: string | null): Promise<Caller>;
}

/** Throws a Refusal that names the line at fault, never its hash. */
export function basicUsers(text: string): BasicUsers {
  const users = new Map(readUsers(text).map((user) => [user.name, user]));
  const nobody: User = { name: '', role: 'viewer', cost: COST, salt: randomBytes(16), hash: randomBytes(HASH_BYTES) };
  const key = randomBytes(32);
  const remembered = new Map<string, { caller: Caller; until: number }>();
  return {
    async identify(authorization) {
      const digest = createHmac('sha256', key).update(authorization ?? '').digest('base64');
      const known = remembered.get(digest);
      if (known && known.until > Date.now()) return known.caller;
      const given = credentialsOf(authorization);
      if (!given) throw new NotAdmitted('A name and a password are needed', { 'www-authenticate': CHALLENGE });
      const user = users.get(given.name) ?? nobody;
      const { N, r, p } = user.cost;
      const hash = await derive(given.password, user.salt, user.hash.length, { N, r, p, maxmem: MOST_MEMORY });
      if (!timingSafeEqual(hash, user.hash) || user === nobody) throw new NotAdmitted('Name or password are not right', { 'www-authenticate': CHALLENGE });
      const caller = { name: user.name, role: user.role };
      remembered.delete(digest);
      remembered.set(digest, { caller, until: Date.now() + REMEMBERED_MS });
      if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
      return caller;
    },
  };
}

const CHALLENGE = 'Basic realm="Sightline", charset="UTF-8"';

function credentialsOf(authorization: string | null): { name: string; password: string } | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon <= 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function readUsers(text: string): User[] {
  const lines = text.split(/[\n;]/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const users = lines.map((line, index): User => {
    const parts = LINE.exec(line);
    if (!parts) throw new Refusal(EXIT.usage, `AUTH_USERS: user ${index + 1} is not <name>:<viewer or operator>:scrypt$…; "sightline user" makes such a line`);
    const [, name, role, N, r, p, salt, hash] = parts as unknown as [string, string, Role, string, string, string, string, string];
    return { name, role, cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  });
  if (users.length === 0) throw new Refusal(EXIT.usage, 'AUTH=basic needs AUTH_USERS or AUTH_USERS_FILE with at least one user; "sightline user" makes one');
  return users;
}

/** A line for AUTH_USERS. */
export async function userLine(name: string, role: Role, password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, HASH_BYTES, { ...COST, maxmem: MOST_MEMORY });
  return `${name}:${role}:scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
