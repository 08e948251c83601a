/**
 * Who somebody is, from the claims of the issuer: the name by OIDC_NAME_CLAIM, the groups by OIDC_GROUPS_CLAIM.
 *
 * `sub` is the one claim that an issuer never gives to somebody else; `preferred_username` and `email` can change
 * hands, and an email that the issuer did not verify is what somebody typed. A claim is found by its whole name, else
 * as a path (`realm_access.roles`).
 */
import type { Config } from '../../core/process/config.ts';
import type { Person } from './groups.ts';
import { NotAllowed } from '../faults.ts';

type Claims = Readonly<Record<string, unknown>>;
type ClaimConfig = Pick<Config, 'OIDC_NAME_CLAIM' | 'OIDC_GROUPS_CLAIM'>;

export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (found, part) =>
        typeof found === 'object' && found !== null && Object.hasOwn(found, part) ? (found as Claims)[part] : undefined,
      claims,
    );
}

/** Whether both are there, so that nobody else has to be asked. */
export function tellsEnough(claims: Claims, { OIDC_NAME_CLAIM, OIDC_GROUPS_CLAIM }: ClaimConfig): boolean {
  return claimOf(claims, OIDC_NAME_CLAIM) !== undefined && claimOf(claims, OIDC_GROUPS_CLAIM) !== undefined;
}

/** Throws NotAllowed for a name that cannot be trusted. Whoever has no groups is in none. */
export function personOf(claims: Claims, { OIDC_NAME_CLAIM, OIDC_GROUPS_CLAIM }: ClaimConfig): Person {
  const name = claimOf(claims, OIDC_NAME_CLAIM);
  if (typeof name !== 'string' || name.trim() === '') {
    throw new NotAllowed(
      `The issuer signs you in without the claim ${OIDC_NAME_CLAIM}, by which people have names here (OIDC_NAME_CLAIM)`,
      null,
      TITLE,
    );
  }
  if (OIDC_NAME_CLAIM === 'email' && claims.email_verified !== true) {
    throw new NotAllowed(
      'The issuer did not verify your email, by which people have names here (OIDC_NAME_CLAIM)',
      null,
      TITLE,
    );
  }
  const groups = claimOf(claims, OIDC_GROUPS_CLAIM);
  return { name, groups: [groups].flat().filter((one) => typeof one === 'string') };
}

const TITLE = 'You may not look';
