/**
 * The role of a person whom the issuer has signed in, by groups of the issuer and by name.
 *
 * The session holds name and groups. gate.ts calls this for every request, so a changed setting takes effect with the
 * next request. A person in none of the listed groups is signed in but has no access.
 */
import type { Config } from '../../core/process/config.ts';
import type { Role } from './caller.ts';
import { parseList } from './list-text.ts';

export type GroupConfig = Pick<Config, 'AUTH_OPERATORS' | 'OIDC_VIEWER_GROUPS' | 'OIDC_OPERATOR_GROUPS'>;

export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Stands for everybody whom the issuer signs in. */
const EVERYBODY = '*';

/** The groups in the settings: only these decide about access. */
export function chosenGroups({ OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS }: GroupConfig): string[] {
  return [...parseList(OIDC_VIEWER_GROUPS), ...parseList(OIDC_OPERATOR_GROUPS)];
}

/** The role of a person; null without access. */
export function roleIn({ name, groups }: Person, config: GroupConfig): Role | null {
  const isOneOf = (chosen: string): boolean =>
    parseList(chosen).some((one) => one === EVERYBODY || groups.includes(one));
  if (parseList(config.AUTH_OPERATORS).includes(name) || isOneOf(config.OIDC_OPERATOR_GROUPS)) return 'operator';
  return isOneOf(config.OIDC_VIEWER_GROUPS) ? 'viewer' : null;
}

export const noAccessText = (name: string): string =>
  `You are signed in as ${name}, but in none of the groups that have access ` +
  '(OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS); open /api/auth/logout to sign out';
