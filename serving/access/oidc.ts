/**
 * Signing in with an OpenID Connect issuer: authorization code with PKCE, by openid-client.
 *
 * http/auth.ts calls the steps. What must survive the way to the issuer and back (state, nonce, verifier, where to go) travels in a
 * sealed cookie of ten minutes. Who somebody is: the claim preferred_username, else email, else sub; AUTH_OPERATORS names operators.
 */
import * as openid from 'openid-client';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { isLoopback } from '../../core/process/host-port.ts';
import { outwardFetch } from '../../core/process/proxy.ts';
import { NotAdmitted } from '../faults.ts';
import { roleOf } from './gate.ts';
import { sessions } from './session.ts';

export type OidcConfig = Pick<Config, 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET' | 'PUBLIC_URL' | 'SESSION_SECRET' | 'AUTH_OPERATORS'>;

/** Where the browser goes next, and the cookies that it takes along. */
export interface Step {
  readonly location: string;
  readonly cookies: readonly string[];
}

export interface SignIn {
  login(to: string): Promise<Step>;
  callback(request: Request): Promise<Step>;
  logout(): Step;
}

const LOGIN_COOKIE = 'sightline-login';
const LOGIN_SECONDS = 600;
const PATH = '/api/auth';

export function signIn(config: OidcConfig): SignIn {
  const held = sessions(config);
  const base = (config.PUBLIC_URL ?? '').replace(/\/$/, '');
  const redirectUri = `${base}${PATH}/callback`;
  let discovered: Promise<openid.Configuration> | null = null;
  const issuer = (): Promise<openid.Configuration> => {
    discovered ??= discover(config).catch((fault: unknown) => {
      discovered = null;
      throw new Retryable('The issuer', `${config.OIDC_ISSUER} does not tell how to sign in`, fault);
    });
    return discovered;
  };
  return {
    async login(to) {
      const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
      const location = openid.buildAuthorizationUrl(await issuer(), {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      const cookie = await held.seal(LOGIN_COOKIE, { state, expected: nonce, verifier, to: ownPath(to) }, LOGIN_SECONDS);
      return { location: location.href, cookies: [cookie] };
    },
    async callback(request) {
      const begun = await held.unseal(LOGIN_COOKIE, request.headers.get('cookie'));
      if (!begun) throw new NotAdmitted('This sign-in did not begin here, or more than ten minutes ago; begin again at /');
      const back = new URL(redirectUri);
      back.search = new URL(request.url).search;
      const checks = { expectedState: String(begun.state), expectedNonce: String(begun.expected), pkceCodeVerifier: String(begun.verifier) };
      const tokens = await openid.authorizationCodeGrant(await issuer(), back, checks).catch(() => {
        throw new NotAdmitted('The issuer did not confirm this sign-in; begin again at /');
      });
      const claims = tokens.claims();
      if (!claims) throw new NotAdmitted('The issuer did not say who signed in');
      const name = String(claims.preferred_username ?? claims.email ?? claims.sub);
      return { location: `${base}${ownPath(String(begun.to))}`, cookies: [await held.begin({ name, role: roleOf(name, config.AUTH_OPERATORS) })] };
    },
    logout: () => ({ location: `${base}/`, cookies: [held.end()] }),
  };
}

function discover({ OIDC_ISSUER = '', OIDC_CLIENT_ID = '', OIDC_CLIENT_SECRET }: OidcConfig): Promise<openid.Configuration> {
  const url = new URL(OIDC_ISSUER);
  // Only a test's issuer speaks plain HTTP, on this machine.
  const execute = url.protocol === 'http:' && isLoopback(url.hostname) ? [openid.allowInsecureRequests] : [];
  return openid.discovery(url, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, { execute, [openid.customFetch]: (asked, options) => outwardFetch(asked, options) });
}

/** A path of this app; anything else leads home. */
export function ownPath(to: string): string {
  return /^\/(?![/\\])[^\s\\]*$/.test(to) ? to : '/';
}
