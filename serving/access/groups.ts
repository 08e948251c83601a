/**
 * The role and the rights of a person whom the issuer has signed in, by groups of the issuer and by name.
 *
 * The session holds name and groups. gate.ts calls this for every request, so a changed setting takes effect with the
 * next request. A person in none of the listed groups is signed in but has no access.
 */
import type { Config } from '../../core/process/config.ts';
import type { Caller, Right, Role } from './caller.ts';
import { parseList } from './list-text.ts';

export type GroupConfig = Pick<
  Config,
  'AUTH_OPERATORS' | 'AUTH_FOOTAGE' | 'OIDC_VIEWER_GROUPS' | 'OIDC_OPERATOR_GROUPS' | 'OIDC_FOOTAGE_GROUPS'
>;

type RoleGroups = Pick<GroupConfig, 'OIDC_VIEWER_GROUPS' | 'OIDC_OPERATOR_GROUPS'>;
type RoleConfig = RoleGroups & Pick<GroupConfig, 'AUTH_OPERATORS'>;

export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Stands for everybody whom the issuer signs in. */
const EVERYBODY = '*';

/** The groups in the settings that give access. */
export function chosenGroups({ OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS }: RoleGroups): string[] {
  return [...parseList(OIDC_VIEWER_GROUPS), ...parseList(OIDC_OPERATOR_GROUPS)];
}

/** All groups in the settings: those that give access, and those that give a right besides. */
export function groupsInSettings(config: RoleGroups & Pick<GroupConfig, 'OIDC_FOOTAGE_GROUPS'>): string[] {
  return [...chosenGroups(config), ...parseList(config.OIDC_FOOTAGE_GROUPS)];
}

/** The role of a person; null without access. */
export function roleIn({ name, groups }: Person, config: RoleConfig): Role | null {
  const isOneOf = (chosen: string): boolean =>
    parseList(chosen).some((one) => one === EVERYBODY || groups.includes(one));
  if (parseList(config.AUTH_OPERATORS).includes(name) || isOneOf(config.OIDC_OPERATOR_GROUPS)) return 'operator';
  return isOneOf(config.OIDC_VIEWER_GROUPS) ? 'viewer' : null;
}

/** The caller with the rights that the settings give to the name or to one of the groups. */
export function withRights(
  caller: Pick<Caller, 'name' | 'role'>,
  groups: readonly string[],
  { AUTH_FOOTAGE, OIDC_FOOTAGE_GROUPS }: Pick<GroupConfig, 'AUTH_FOOTAGE' | 'OIDC_FOOTAGE_GROUPS'>,
): Caller {
  const names = parseList(AUTH_FOOTAGE);
  const mayView =
    names.includes(caller.name) ||
    names.includes(EVERYBODY) ||
    parseList(OIDC_FOOTAGE_GROUPS).some((one) => groups.includes(one));
  const rights: readonly Right[] = ['footage'];
  return mayView ? { ...caller, rights } : caller;
}

export const noAccessText = (name: string): string =>
  `You are signed in as ${name}, but in none of the groups that have access ` +
  '(OIDC_VIEWER_GROUPS, OIDC_OPERATOR_GROUPS); open /api/auth/logout to sign out';
