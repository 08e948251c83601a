/**
 * Sessions of AUTH=oidc: a cookie that only this system can make or read.
 *
 * oidc.ts makes one when the issuer has said who somebody is, gate.ts reads it with every request. The cookie is an
 * encrypted JWT (jose, direct A256GCM) with a name, groups and an end; nothing is kept on the server, so every copy of
 * serving that has the same SESSION_SECRET knows it. Script cannot read it (HttpOnly), other sites' requests do not
 * carry it beyond links (SameSite=Lax). The browser keeps it longer than it is worth something: that it was there tells
 * oidc.ts to ask the issuer first without a person.
 */
import { createHash } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { NotAdmitted, NotAllowed } from '../faults.ts';
import type { Person } from './groups.ts';
import type { AccessConfig } from './caller.ts';
import { chosenGroups } from './groups.ts';
import { SIGN_IN_HEADER } from './sign-in-header.ts';

export const SESSION_COOKIE = 'sightline-session';
/** How long a browser remembers that somebody was signed in. */
const KEPT_SECONDS = (30 * DAY_MS) / SECOND_MS;
/** Browsers drop a cookie of more than 4,096 bytes; its name and attributes take some 150. */
const MOST_BYTES = 3_900;

export interface Sessions {
  /** Throws NotAdmitted. */
  identify(cookies: string | null): Promise<Person>;
  /** The Set-Cookie of a new session. Throws NotAllowed if no cookie can hold the groups. */
  begin(person: Person): Promise<string>;
  /** Whether this browser had a session, over or not. */
  wasHere(cookies: string | null): boolean;
  end(name?: string): string;
  /** A sealed cookie of another kind, kept as long as it is worth something; null if it is too large for a browser. */
  seal(name: string, content: Record<string, unknown>, seconds: number): Promise<string | null>;
  /** Null if it is not there, not ours or over. */
  unseal(name: string, cookies: string | null): Promise<Record<string, unknown> | null>;
}

type SessionConfig = Pick<
  AccessConfig,
  | 'SESSION_SECRET'
  | 'PUBLIC_URL'
  | 'OIDC_SESSION_MINUTES'
  | 'AUTH_OPERATORS'
  | 'OIDC_VIEWER_GROUPS'
  | 'OIDC_OPERATOR_GROUPS'
>;

export function sessions(config: SessionConfig, now: () => number = Date.now): Sessions {
  const { SESSION_SECRET = '', PUBLIC_URL = '' } = config;
  const key = createHash('sha256').update(SESSION_SECRET).digest();
  const isSecure = PUBLIC_URL.startsWith('https:');
  // Browsers take a cookie of this prefix only over HTTPS, from this very host, for all of it: no neighbour can set
  // one.
  const nameOf = (name: string): string => (isSecure ? `__Host-${name}` : name);
  const cookie = (name: string, value: string, seconds: number): string =>
    `${nameOf(name)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const valueOf = (name: string, cookies: string | null): string | undefined =>
    cookies
      ?.split(/;\s*/)
      .find((one) => one.startsWith(`${nameOf(name)}=`))
      ?.slice(nameOf(name).length + 1);
  const sealed = async (name: string, content: Record<string, unknown>, ms: number): Promise<string | null> => {
    const token = new EncryptJWT(content).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setAudience(name);
    const value = await token
      .setIssuedAt(new Date(now()))
      .setExpirationTime(new Date(now() + ms))
      .encrypt(key);
    return value.length <= MOST_BYTES ? value : null;
  };
  const unseal: Sessions['unseal'] = async (name, cookies) => {
    const token = valueOf(name, cookies);
    if (!token) return null;
    return jwtDecrypt(token, key, { audience: name, currentDate: new Date(now()) }).then(
      ({ payload }) => payload,
      () => null,
    );
  };
  return {
    unseal,
    async seal(name, content, seconds) {
      const value = await sealed(name, content, seconds * SECOND_MS);
      return value === null ? null : cookie(name, value, seconds);
    },
    async identify(cookies) {
      const held = await unseal(SESSION_COOKIE, cookies);
      if (!held || !Array.isArray(held.groups))
        throw new NotAdmitted('Nobody is signed in; /api/auth/login signs in', { [SIGN_IN_HEADER]: '/api/auth/login' });
      return { name: String(held.name), groups: held.groups.map(String) };
    },
    async begin({ name, groups }) {
      const sealFor = (some: readonly string[]): Promise<string | null> =>
        sealed(SESSION_COOKIE, { name, groups: some }, config.OIDC_SESSION_MINUTES * MINUTE_MS);
      // Somebody in hundreds of groups: those that settings name now are enough until the session is renewed.
      const value =
        (await sealFor(groups)) ?? (await sealFor(groups.filter((one) => chosenGroups(config).includes(one))));
      if (value === null)
        throw new NotAllowed(
          'Your groups are more than a cookie can hold; name fewer in OIDC_VIEWER_GROUPS and OIDC_OPERATOR_GROUPS',
          name,
          'You may not look',
        );
      return cookie(SESSION_COOKIE, value, KEPT_SECONDS);
    },
    wasHere: (cookies) => valueOf(SESSION_COOKIE, cookies) !== undefined,
    end: (name = SESSION_COOKIE) => cookie(name, '', 0),
  };
}
