/** The caller of a request as gate.ts finds it, and the settings that decide about access: the types of this folder. */
import type { Config } from '../../core/process/config.ts';

export type Role = 'viewer' | 'operator';

/** A permission that no role includes. */
export type Right = 'footage';

export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** Left out if there are none. */
  readonly rights?: readonly Right[];
}

/** The part of a request that access checks read. */
export type RequestHeaders = Pick<Request, 'headers'>;

export type AccessConfig = Pick<
  Config,
  | 'AUTH'
  | 'AUTH_USERS'
  | 'AUTH_PROXY_HEADER'
  | 'AUTH_PROXY_ADDRESSES'
  | 'AUTH_PROXY_SECRET'
  | 'AUTH_PROXY_SECRET_HEADER'
  | 'AUTH_OPERATORS'
  | 'AUTH_FOOTAGE'
  | 'OIDC_FOOTAGE_GROUPS'
  | 'OIDC_VIEWER_GROUPS'
  | 'OIDC_OPERATOR_GROUPS'
  | 'OIDC_SESSION_MINUTES'
  | 'SESSION_SECRET'
  | 'PUBLIC_URL'
  | 'ALLOWED_HOSTS'
  | 'RATE_LIMIT_PER_MINUTE'
>;
