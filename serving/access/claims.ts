/**
 * The person behind the issuer's claims: the name by OIDC_NAME_CLAIM, the groups by OIDC_GROUPS_CLAIM.
 *
 * `sub` is the only claim that an issuer never gives to another person. `preferred_username` and `email` can change
 * hands, and an unverified email is only what somebody typed. A claim is looked up by its whole name first, then as a
 * path (`realm_access.roles`).
 */
import type { Config } from '../../core/process/config.ts';
import type { Person } from './groups.ts';
import { Forbidden } from '../faults.ts';

type Claims = Readonly<Record<string, unknown>>;
type ClaimConfig = Pick<Config, 'OIDC_NAME_CLAIM' | 'OIDC_GROUPS_CLAIM'>;

export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Claims)[part] : undefined,
      claims,
    );
}

/** Whether the claims have both name and groups, so that no further request is needed. */
export function hasNameAndGroups(claims: Claims, { OIDC_NAME_CLAIM, OIDC_GROUPS_CLAIM }: ClaimConfig): boolean {
  return claimOf(claims, OIDC_NAME_CLAIM) !== undefined && claimOf(claims, OIDC_GROUPS_CLAIM) !== undefined;
}

/** Throws Forbidden for a name that cannot be trusted. A person without the groups claim is in no group. */
export function personOf(claims: Claims, { OIDC_NAME_CLAIM, OIDC_GROUPS_CLAIM }: ClaimConfig): Person {
  const name = claimOf(claims, OIDC_NAME_CLAIM);
  if (typeof name !== 'string' || name.trim() === '') {
    throw new Forbidden(
      `The issuer's token has no claim ${OIDC_NAME_CLAIM}, which this app uses as the user name (OIDC_NAME_CLAIM)`,
      null,
      TITLE,
    );
  }
  if (OIDC_NAME_CLAIM === 'email' && claims.email_verified !== true) {
    throw new Forbidden(
      'The issuer has not verified your email, which this app uses as the user name (OIDC_NAME_CLAIM)',
      null,
      TITLE,
    );
  }
  const groups = claimOf(claims, OIDC_GROUPS_CLAIM);
  return { name, groups: [groups].flat().filter((one) => typeof one === 'string') };
}

const TITLE = 'No access';
