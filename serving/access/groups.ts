/**
 * What somebody who signed in with the issuer may do: by groups of the issuer, and by name.
 *
 * The session holds name and groups, gate.ts asks here with every request, so a changed setting counts with the next
 * one. Who is in none of the chosen groups is signed in and sees nothing.
 */
import type { Config } from '../../core/process/config.ts';
import type { Role } from './caller.ts';
import { listed } from './list-text.ts';

export type GroupConfig = Pick<Config, 'AUTH_OPERATORS' | 'OIDC_VIEWER_GROUPS' | 'OIDC_OPERATOR_GROUPS'>;

export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Whom the issuer signs in at all. */
const EVERYBODY = '*';

/** The groups that settings name: those that make a difference. */
export function chosenGroups({ OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS }: GroupConfig): string[] {
  return [...listed(OIDC_VIEWER_GROUPS), ...listed(OIDC_OPERATOR_GROUPS)];
}

/** Null: may not look. */
export function roleIn({ name, groups }: Person, config: GroupConfig): Role | null {
  const isOneOf = (chosen: string): boolean => listed(chosen).some((one) => one === EVERYBODY || groups.includes(one));
  if (listed(config.AUTH_OPERATORS).includes(name) || isOneOf(config.OIDC_OPERATOR_GROUPS)) return 'operator';
  return isOneOf(config.OIDC_VIEWER_GROUPS) ? 'viewer' : null;
}

export const mayNotLook = (name: string): string =>
  `You are signed in as ${name}, and in none of the groups that may look (OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS); /api/auth/logout signs out`;
