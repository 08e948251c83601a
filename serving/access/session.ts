/**
 * Sessions of AUTH=oidc: a cookie that only this system can create or read.
 *
 * oidc.ts creates a session when the issuer has confirmed a person, gate.ts reads it with every request. The cookie is
 * an encrypted JWT (jose, direct A256GCM) with a name, groups and an end. The server keeps nothing, so every copy of
 * serving with the same SESSION_SECRET can read it. Scripts cannot read it (HttpOnly), and requests of other sites do
 * not carry it, except links (SameSite=Lax). The browser keeps the cookie longer than the session: an ended session
 * tells oidc.ts to ask the issuer silently first.
 */
import { createHash } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { Unauthenticated, Forbidden } from '../faults.ts';
import type { Person } from './groups.ts';
import type { AccessConfig } from './caller.ts';
import { groupsInSettings } from './groups.ts';
import { SIGN_IN_HEADER } from './sign-in-header.ts';

const SESSION_COOKIE = 'sightline-session';
/** How long a browser keeps the cookie. */
const KEPT_SECONDS = (30 * DAY_MS) / SECOND_MS;
/** Browsers drop a cookie of more than 4,096 bytes; its name and attributes take some 150. */
const MOST_BYTES = 3_900;

export interface Sessions {
  /** The person of the session. Throws Unauthenticated without one. */
  identify(cookies: string | null): Promise<Person>;
  /** The Set-Cookie of a new session. Throws Forbidden if the groups do not fit in a cookie. */
  begin(person: Person): Promise<string>;
  /** Whether this browser has a session, even an ended one. */
  hadSession(cookies: string | null): boolean;
  end(name?: string): string;
  /** The Set-Cookie of other encrypted content, valid for `seconds`; null if it is too large for a browser. */
  seal(name: string, content: Record<string, unknown>, seconds: number): Promise<string | null>;
  /** The content of such a cookie; null if it is missing, forged or expired. */
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
  | 'OIDC_FOOTAGE_GROUPS'
>;

export function sessions(config: SessionConfig, now: () => number = Date.now): Sessions {
  const { SESSION_SECRET = '', PUBLIC_URL = '' } = config;
  const key = createHash('sha256').update(SESSION_SECRET).digest();
  const isSecure = PUBLIC_URL.startsWith('https:');
  // Browsers accept a cookie with this prefix only over HTTPS and from this very host, so a neighbour host cannot set
  // it.
  const nameOf = (name: string): string => (isSecure ? `__Host-${name}` : name);
  const cookie = (name: string, value: string, seconds: number): string =>
    `${nameOf(name)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const valueOf = (name: string, cookies: string | null): string | undefined =>
    cookies
      ?.split(/;\s*/)
      .find((one) => one.startsWith(`${nameOf(name)}=`))
      ?.slice(nameOf(name).length + 1);
  const encryptContent = async (name: string, content: Record<string, unknown>, ms: number): Promise<string | null> => {
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
      const value = await encryptContent(name, content, seconds * SECOND_MS);
      return value === null ? null : cookie(name, value, seconds);
    },
    async identify(cookies) {
      const claims = await unseal(SESSION_COOKIE, cookies);
      if (!claims || !Array.isArray(claims.groups))
        throw new Unauthenticated('You are not signed in; sign in at /api/auth/login', {
          [SIGN_IN_HEADER]: '/api/auth/login',
        });
      return { name: String(claims.name), groups: claims.groups.map(String) };
    },
    async begin({ name, groups }) {
      const sealFor = (some: readonly string[]): Promise<string | null> =>
        encryptContent(SESSION_COOKIE, { name, groups: some }, config.OIDC_SESSION_MINUTES * MINUTE_MS);
      // A person can be in hundreds of groups. The groups in the settings are then enough until the session is renewed.
      const value =
        (await sealFor(groups)) ?? (await sealFor(groups.filter((one) => groupsInSettings(config).includes(one))));
      if (value === null)
        throw new Forbidden(
          'Your groups do not fit in a cookie; name fewer in OIDC_VIEWER_GROUPS and OIDC_OPERATOR_GROUPS',
          name,
          'No access',
        );
      return cookie(SESSION_COOKIE, value, KEPT_SECONDS);
    },
    hadSession: (cookies) => valueOf(SESSION_COOKIE, cookies) !== undefined,
    end: (name = SESSION_COOKIE) => cookie(name, '', 0),
  };
}
