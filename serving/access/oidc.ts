/**
 * Signing in and out with an OpenID Connect issuer: authorization code with PKCE, by openid-client.
 *
 * http/auth.ts calls the steps. What must survive the way to the issuer and back (nonce, verifier, where to go) travels
 * in a sealed cookie of ten minutes, one for each sign-in, since several tabs may be on their way at once. A browser
 * that had a session is asked for without a person first (prompt=none): the issuer knows it, says who it is and in
 * which groups now, and a wall screen goes on by itself. Only if the issuer wants a person it shows one its page.
 * Tokens are not kept, but for the ID token that signing out shows (docs/decisions/0011-access.md#sessions).
 */
import * as openid from 'openid-client';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { NotAdmitted, NotAllowed } from '../faults.ts';
import { personOf, tellsEnough } from './claims.ts';
import type { GroupConfig } from './groups.ts';
import { mayNotLook, roleIn } from './groups.ts';
import { issuerOf } from './issuer.ts';
import type { IssuerConfig } from './issuer.ts';
import { sessions } from './session.ts';

export type OidcConfig = IssuerConfig &
  GroupConfig &
  Pick<
    Config,
    'PUBLIC_URL' | 'SESSION_SECRET' | 'OIDC_NAME_CLAIM' | 'OIDC_GROUPS_CLAIM' | 'OIDC_SCOPES' | 'OIDC_SESSION_MINUTES'
  >;

/** Where the browser goes next, and the cookies that it takes along. */
export interface Step {
  readonly location: string;
  readonly cookies: readonly string[];
}

type Asking = Pick<Request, 'url' | 'headers'>;

export interface SignIn {
  login(to: string, request: Pick<Request, 'headers'>): Promise<Step>;
  /** Throws NotAdmitted where the issuer confirms nobody, NotAllowed where it is somebody who may not look. */
  callback(request: Asking): Promise<Step>;
  logout(request: Pick<Request, 'headers'>): Promise<Step>;
}

const LOGIN_COOKIE = 'sightline-login';
const ID_TOKEN_COOKIE = 'sightline-id-token';
const LOGIN_SECONDS = 600;
const ID_TOKEN_SECONDS = 30 * 86_400;
const PATH = '/api/auth';
/** What an issuer answers to prompt=none where it needs a person (OpenID Connect Core, 3.1.2.6). */
const NEEDS_A_PERSON = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required'];

export function signIn(config: OidcConfig, now: () => number = Date.now): SignIn {
  const held = sessions(config, now);
  const base = (config.PUBLIC_URL ?? '').replace(/\/$/, '');
  const redirectUri = `${base}${PATH}/callback`;
  const issuer = issuerOf(config);
  const begin = async (to: string, isSilent: boolean): Promise<Step> => {
    const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
    const location = openid.buildAuthorizationUrl(await issuer(), {
      redirect_uri: redirectUri,
      scope: config.OIDC_SCOPES,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(isSilent ? { prompt: 'none' } : {}),
    });
    const cookie = await held.seal(
      cookieOf(state),
      { state, expected: nonce, verifier, isSilent, to: ownPath(to) },
      LOGIN_SECONDS,
    );
    // An address that no cookie can hold is not worth failing for.
    return cookie === null ? begin('/', isSilent) : { location: location.href, cookies: [cookie] };
  };
  return {
    login: (to, request) => begin(to, held.wasHere(request.headers.get('cookie'))),
    async callback(request) {
      const { search, searchParams } = new URL(request.url);
      const name = cookieOf(searchParams.get('state') ?? '');
      const begun = await held.unseal(name, request.headers.get('cookie'));
      if (!begun)
        throw new NotAdmitted('This sign-in did not begin here, or more than ten minutes ago; begin again at /');
      if (begun.isSilent === true && NEEDS_A_PERSON.includes(searchParams.get('error') ?? '')) {
        const next = await begin(String(begun.to), false);
        return { ...next, cookies: [...next.cookies, held.end(name)] };
      }
      const tokens = await exchanged(await issuer(), Object.assign(new URL(redirectUri), { search }), begun);
      const person = personOf(await claimsOf(await issuer(), tokens, config), config);
      if (roleIn(person, config) === null)
        throw new NotAllowed(mayNotLook(person.name), person.name, 'You may not look');
      const idToken = await held.seal(ID_TOKEN_COOKIE, { token: tokens.id_token }, ID_TOKEN_SECONDS);
      const cookies = [await held.begin(person), idToken ?? held.end(ID_TOKEN_COOKIE), held.end(name)];
      return { location: `${base}${ownPath(String(begun.to))}`, cookies };
    },
    async logout(request) {
      const idToken = (await held.unseal(ID_TOKEN_COOKIE, request.headers.get('cookie')))?.token;
      const cookies = [held.end(), held.end(ID_TOKEN_COOKIE)];
      const here = `${base}${PATH}/signed-out`;
      const known = await issuer().catch(() => null);
      if (!known?.serverMetadata().end_session_endpoint) return { location: here, cookies };
      const end = openid.buildEndSessionUrl(known, {
        post_logout_redirect_uri: here,
        ...(typeof idToken === 'string' ? { id_token_hint: idToken } : {}),
      });
      return { location: end.href, cookies };
    },
  };
}

/** A cookie for each sign-in, named by its state. */
const cookieOf = (state: string): string => `${LOGIN_COOKIE}-${state.replace(/[^\w-]/g, '').slice(0, 12)}`;

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;

function exchanged(known: openid.Configuration, back: URL, begun: Record<string, unknown>): Promise<Tokens> {
  const checks = {
    expectedState: String(begun.state),
    expectedNonce: String(begun.expected),
    pkceCodeVerifier: String(begun.verifier),
  };
  return openid.authorizationCodeGrant(known, back, checks).catch((fault: unknown) => {
    // What fetch throws when nobody answers; what the issuer answers is one of the package's own faults.
    if (fault instanceof TypeError && 'cause' in fault)
      throw new Retryable('The issuer', 'The issuer does not answer while somebody signs in');
    throw new NotAdmitted('The issuer did not confirm this sign-in; begin again at /');
  });
}

/** Of the ID token; what is missing there, many issuers tell at their userinfo endpoint. */
async function claimsOf(
  known: openid.Configuration,
  tokens: Tokens,
  config: OidcConfig,
): Promise<Record<string, unknown>> {
  const claims = tokens.claims();
  if (!claims) throw new NotAdmitted('The issuer did not say who signed in');
  if (tellsEnough(claims, config) || !known.serverMetadata().userinfo_endpoint) return claims;
  const more = await openid.fetchUserInfo(known, tokens.access_token, claims.sub).catch(() => ({}));
  return { ...more, ...claims };
}

/** A path of this app; anything else leads home. */
export function ownPath(to: string): string {
  return /^\/(?![/\\])[^\s\\]*$/.test(to) ? to : '/';
}
