/** Who asks, as gate.ts finds it, and the settings that decide it: the words of this room. */
import type { Config } from '../../core/process/config.ts';

export type Role = 'viewer' | 'operator';

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** What is read of a request. */
export type Asking = Pick<Request, 'headers'>;

export type AccessConfig = Pick<
  Config,
  | 'AUTH'
  | 'AUTH_USERS'
  | 'AUTH_PROXY_HEADER'
  | 'AUTH_PROXY_ADDRESSES'
  | 'AUTH_PROXY_SECRET'
  | 'AUTH_PROXY_SECRET_HEADER'
  | 'AUTH_OPERATORS'
  | 'OIDC_VIEWER_GROUPS'
  | 'OIDC_OPERATOR_GROUPS'
  | 'OIDC_SESSION_MINUTES'
  | 'SESSION_SECRET'
  | 'PUBLIC_URL'
  | 'ALLOWED_HOSTS'
  | 'RATE_LIMIT_PER_MINUTE'
>;
