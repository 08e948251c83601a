/**
 * The settings of who may look at the pages and ask the API, and how serving knows them (serving/access).
 *
 * config.ts reads them with all others; serving/access/settings.ts says which of them go together.
 */
import { z } from 'zod';
import { publicUrl } from './setting-types.ts';

export const ACCESS_SETTINGS = {
  /** Who may look (serving/access/gate.ts). none: everybody, so only on a loopback address. */
  AUTH: z.enum(['none', 'basic', 'proxy', 'oidc']).default('none'),
  /** AUTH=basic: lines that `sightline user` makes, with hashed passwords. Better in a file: AUTH_USERS_FILE. */
  AUTH_USERS: z.string().optional(),
  /** AUTH=proxy: the header that says who asks, and the addresses or networks that may say so. */
  AUTH_PROXY_HEADER: z
    .string()
    .regex(/^[\w-]+$/, 'expected the name of a header')
    .default('x-forwarded-user'),
  AUTH_PROXY_ADDRESSES: z.string().optional(),
  /**
   * AUTH=proxy: what the proxy shows besides, in the header below; an address alone can be shared. At least 32
   * characters.
   */
  AUTH_PROXY_SECRET: z.string().min(1).optional(),
  AUTH_PROXY_SECRET_HEADER: z
    .string()
    .regex(/^[\w-]+$/, 'expected the name of a header')
    .default('x-sightline-proxy-secret'),
  /**
   * Proxies, as addresses or networks, that may say in X-Forwarded-For and X-Forwarded-Proto for whom and how they ask.
   */
  TRUSTED_PROXIES: z.string().default(''),
  /**
   * Names of hosts, separated by commas, at which the app answers, besides that of PUBLIC_URL and loopback names
   * (serving/access/door.ts).
   */
  ALLOWED_HOSTS: z.string().default(''),
  /** AUTH=proxy and oidc: names of operators, separated by commas. With proxy everybody else is a viewer. */
  AUTH_OPERATORS: z.string().default(''),
  /** Names of users, separated by commas, who may see footage, besides OIDC_FOOTAGE_GROUPS; *: everybody. */
  AUTH_FOOTAGE: z.string().default(''),
  /** AUTH=oidc: the issuer and the client that it knows. */
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  /** What is asked of the issuer; some tell groups only with a scope of that name. */
  OIDC_SCOPES: z
    .string()
    .regex(/^openid( \S+)*$/, 'expected "openid" and, after a blank each, more scopes')
    .default('openid profile email'),
  /** The claim that is somebody's name: sub is the one that an issuer never gives to somebody else. */
  OIDC_NAME_CLAIM: z.string().min(1).default('sub'),
  /**
   * The claim that lists somebody's groups, by its name or as a path such as realm_access.roles, and the groups that
   * may look and operate; *: everybody.
   */
  OIDC_GROUPS_CLAIM: z.string().min(1).default('groups'),
  OIDC_VIEWER_GROUPS: z.string().default(''),
  OIDC_OPERATOR_GROUPS: z.string().default(''),
  OIDC_FOOTAGE_GROUPS: z.string().default(''),
  /**
   * How long a session holds before the issuer is asked again who it is, without a person where it knows the browser.
   */
  OIDC_SESSION_MINUTES: z.coerce.number().int().min(1).max(1_440).default(60),
  /** The address at which browsers find the app; AUTH=oidc needs it. */
  PUBLIC_URL: publicUrl.optional(),
  /** AUTH=oidc: seals sessions; the same for every copy of serving. At least 32 characters. */
  SESSION_SECRET: z.string().min(1).optional(),
};
