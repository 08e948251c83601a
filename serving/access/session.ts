/**
 * Sessions of AUTH=oidc: a cookie that only this system can make or read.
 *
 * oidc.ts makes one when the issuer has said who somebody is, gate.ts reads it with every request. The cookie is an encrypted JWT
 * (jose, direct A256GCM) with a name, a role and an end; nothing is kept on the server, so every copy of serving that has the same
 * SESSION_SECRET knows it. Script cannot read it (HttpOnly), other sites' requests do not carry it beyond links (SameSite=Lax).
 */
import { createHash } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { NotAdmitted } from '../faults.ts';
import type { AccessConfig, Caller } from './gate.ts';

export const SESSION_COOKIE = 'sightline-session';
const SESSION_SECONDS = 8 * 3_600;

export interface Sessions {
  identify(cookies: string | null): Promise<Caller>;
  /** The Set-Cookie of a new session. */
  begin(caller: Caller): Promise<string>;
  end(): string;
  /** A sealed cookie of another kind. */
  seal(name: string, content: Record<string, unknown>, seconds: number): Promise<string>;
  /** Null if it is not there, not ours or over. */
  unseal(name: string, cookies: string | null): Promise<Record<string, unknown> | null>;
}

export function sessions({ SESSION_SECRET = '', PUBLIC_URL = '' }: Pick<AccessConfig, 'SESSION_SECRET' | 'PUBLIC_URL'>): Sessions {
  const key = createHash('sha256').update(SESSION_SECRET).digest();
  const isSecure = PUBLIC_URL.startsWith('https:');
  // Browsers take a cookie of this prefix only over HTTPS, from this very host, for all of it: no neighbour can set one.
  const nameOf = (name: string): string => (isSecure ? `__Host-${name}` : name);
  const cookie = (name: string, value: string, seconds: number): string =>
    `${nameOf(name)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const seal: Sessions['seal'] = async (name, content, seconds) => {
    const token = new EncryptJWT(content).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setAudience(name);
    return cookie(name, await token.setIssuedAt().setExpirationTime(`${seconds}s`).encrypt(key), seconds);
  };
  const unseal: Sessions['unseal'] = async (name, cookies) => {
    const token = cookies?.split(/;\s*/).find((one) => one.startsWith(`${nameOf(name)}=`))?.slice(nameOf(name).length + 1);
    if (!token) return null;
    return jwtDecrypt(token, key, { audience: name }).then(({ payload }) => payload, () => null);
  };
  return {
    seal,
    unseal,
    async identify(cookies) {
      const held = await unseal(SESSION_COOKIE, cookies);
      if (!held) throw new NotAdmitted('Nobody is signed in; /api/auth/login signs in');
      return { name: String(held.name), role: held.role === 'operator' ? 'operator' : 'viewer' };
    },
    begin: ({ name, role }) => seal(SESSION_COOKIE, { name, role }, SESSION_SECONDS),
    end: () => cookie(SESSION_COOKIE, '', 0),
  };
}
