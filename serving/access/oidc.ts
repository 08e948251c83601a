/**
 * Sign-in and sign-out with an OpenID Connect issuer: authorization code with PKCE, by openid-client.
 *
 * http/auth.ts calls the steps. The values of a sign-in (nonce, verifier, target) travel to the issuer and back in an
 * encrypted cookie that lives ten minutes, one for each sign-in, because several tabs may sign in at once. If the
 * browser had a session, the first attempt is silent (prompt=none): the issuer confirms the person and the current
 * groups without a page, so a wall screen continues by itself. Only if the issuer needs a person it shows its page.
 * Tokens are not kept, except the ID token, which sign-out sends (docs/decisions/0011-access.md#sessions).
 */
import * as openid from 'openid-client';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { Unauthenticated, Forbidden } from '../faults.ts';
import { personOf, hasNameAndGroups } from './claims.ts';
import type { GroupConfig } from './groups.ts';
import { noAccessText, roleIn } from './groups.ts';
import { issuerOf } from './issuer.ts';
import type { IssuerConfig } from './issuer.ts';
import { sessions } from './session.ts';

export type OidcConfig = IssuerConfig &
  GroupConfig &
  Pick<
    Config,
    'PUBLIC_URL' | 'SESSION_SECRET' | 'OIDC_NAME_CLAIM' | 'OIDC_GROUPS_CLAIM' | 'OIDC_SCOPES' | 'OIDC_SESSION_MINUTES'
  >;

/** The next address of the browser, and the cookies to set. */
export interface Step {
  readonly location: string;
  readonly cookies: readonly string[];
}

type SignInRequest = Pick<Request, 'url' | 'headers'>;

export interface SignIn {
  login(to: string, request: Pick<Request, 'headers'>): Promise<Step>;
  /** Throws Unauthenticated if the issuer does not confirm the sign-in, Forbidden for a person without access. */
  callback(request: SignInRequest): Promise<Step>;
  logout(request: Pick<Request, 'headers'>): Promise<Step>;
}

const LOGIN_COOKIE = 'sightline-login';
const ID_TOKEN_COOKIE = 'sightline-id-token';
const LOGIN_SECONDS = 600;
const ID_TOKEN_SECONDS = 30 * 86_400;
const PATH = '/api/auth';
/** Errors of an issuer that needs a person after prompt=none (OpenID Connect Core, 3.1.2.6). */
const NEEDS_A_PERSON = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required'];

export function signIn(config: OidcConfig, now: () => number = Date.now): SignIn {
  const sessionStore = sessions(config, now);
  const base = (config.PUBLIC_URL ?? '').replace(/\/$/, '');
  const redirectUri = `${base}${PATH}/callback`;
  const issuer = issuerOf(config);
  const begin = async (to: string, isSilent: boolean): Promise<Step> => {
    const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
    const attempt = { state, nonce, verifier, isSilent };
    const location = await authorizationUrl(await issuer(), attempt, { redirectUri, scope: config.OIDC_SCOPES });
    const cookie = await sessionStore.seal(
      cookieOf(state),
      { state, expected: nonce, verifier, isSilent, to: localPath(to) },
      LOGIN_SECONDS,
    );
    // If the target is too long for a cookie, the sign-in leads to the home page.
    return cookie === null ? begin('/', isSilent) : { location: location.href, cookies: [cookie] };
  };
  return {
    login: (to, request) => begin(to, sessionStore.hadSession(request.headers.get('cookie'))),
    async callback(request) {
      const { search, searchParams } = new URL(request.url);
      const name = cookieOf(searchParams.get('state') ?? '');
      const attempt = await sessionStore.unseal(name, request.headers.get('cookie'));
      if (!attempt)
        throw new Unauthenticated(
          'This sign-in did not start in this browser, or more than ten minutes ago; start again at /',
        );
      if (attempt.isSilent === true && NEEDS_A_PERSON.includes(searchParams.get('error') ?? '')) {
        const next = await begin(String(attempt.to), false);
        return { ...next, cookies: [...next.cookies, sessionStore.end(name)] };
      }
      const tokens = await exchangeCode(await issuer(), Object.assign(new URL(redirectUri), { search }), attempt);
      const person = personOf(await claimsOf(await issuer(), tokens, config), config);
      if (roleIn(person, config) === null) throw new Forbidden(noAccessText(person.name), person.name, 'No access');
      const idToken = await sessionStore.seal(ID_TOKEN_COOKIE, { token: tokens.id_token }, ID_TOKEN_SECONDS);
      const cookies = [
        await sessionStore.begin(person),
        idToken ?? sessionStore.end(ID_TOKEN_COOKIE),
        sessionStore.end(name),
      ];
      return { location: `${base}${localPath(String(attempt.to))}`, cookies };
    },
    async logout(request) {
      const idToken = (await sessionStore.unseal(ID_TOKEN_COOKIE, request.headers.get('cookie')))?.token;
      const cookies = [sessionStore.end(), sessionStore.end(ID_TOKEN_COOKIE)];
      const signedOutUrl = `${base}${PATH}/signed-out`;
      const known = await issuer().catch(() => null);
      if (!known?.serverMetadata().end_session_endpoint) return { location: signedOutUrl, cookies };
      const end = openid.buildEndSessionUrl(known, {
        post_logout_redirect_uri: signedOutUrl,
        ...(typeof idToken === 'string' ? { id_token_hint: idToken } : {}),
      });
      return { location: end.href, cookies };
    },
  };
}

/** The name of the cookie of a sign-in, from its state. */
const cookieOf = (state: string): string => `${LOGIN_COOKIE}-${state.replace(/[^\w-]/g, '').slice(0, 12)}`;

async function authorizationUrl(
  known: openid.Configuration,
  { state, nonce, verifier, isSilent }: { state: string; nonce: string; verifier: string; isSilent: boolean },
  { redirectUri, scope }: { redirectUri: string; scope: string },
): Promise<URL> {
  return openid.buildAuthorizationUrl(known, {
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(isSilent ? { prompt: 'none' } : {}),
  });
}

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;

function exchangeCode(known: openid.Configuration, back: URL, attempt: Record<string, unknown>): Promise<Tokens> {
  const checks = {
    expectedState: String(attempt.state),
    expectedNonce: String(attempt.expected),
    pkceCodeVerifier: String(attempt.verifier),
  };
  return openid.authorizationCodeGrant(known, back, checks).catch((fault: unknown) => {
    // fetch throws this when nobody answers; an error answer of the issuer is a fault of the package.
    if (fault instanceof TypeError && 'cause' in fault)
      throw new Retryable('The issuer', 'The issuer did not answer during the sign-in');
    throw new Unauthenticated('The issuer did not confirm this sign-in; start again at /');
  });
}

/** The claims of the ID token, completed from the userinfo endpoint if name or groups are missing. */
async function claimsOf(
  known: openid.Configuration,
  tokens: Tokens,
  config: OidcConfig,
): Promise<Record<string, unknown>> {
  const claims = tokens.claims();
  if (!claims) throw new Unauthenticated('The issuer sent no ID token with this sign-in; start again at /');
  if (hasNameAndGroups(claims, config) || !known.serverMetadata().userinfo_endpoint) return claims;
  const userInfo = await openid.fetchUserInfo(known, tokens.access_token, claims.sub).catch(() => ({}));
  return { ...userInfo, ...claims };
}

/** The target if it is a path of this app, else the home page. */
export function localPath(to: string): string {
  return /^\/(?![/\\])[^\s\\]*$/.test(to) ? to : '/';
}
