/**
 * A real OpenID Connect issuer on loopback (oidc-provider): everybody who comes is signed in as the one name that it
 * was given.
 *
 * The protocol is the package's own, with PKCE, keys and signatures; only the question for a password is answered by
 * itself.
 */
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface Issuer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface IssuerClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  readonly signedOutUri?: string;
}

export interface IssuerWays {
  /**
   * It calls itself by this https address, which only a proxy can find; it listens at `port` of this machine all the
   * same.
   */
  readonly elsewhere?: { url: string; key: string; cert: string };
  /** What it says of everybody besides the name, asked anew each time. */
  readonly claims?: () => Record<string, unknown>;
  /** It tells them at its userinfo endpoint alone, and not in the ID token. */
  readonly asksForUserinfo?: boolean;
}

export async function startIssuer(
  client: IssuerClient,
  name: string,
  { elsewhere, claims = () => ({}), asksForUserinfo = false }: IssuerWays = {},
): Promise<Issuer> {
  const server = elsewhere ? createSecureServer({ key: elsewhere.key, cert: elsewhere.cert }) : createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = elsewhere?.url ?? `http://127.0.0.1:${port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectUri],
        post_logout_redirect_uris: client.signedOutUri ? [client.signedOutUri] : [],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'groups', 'realm_access'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: asksForUserinfo,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, ...claims() }),
    }),
    interactions: { url: async (_context, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({ clientId: client.id, accountId: name });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/'))
      void provider.interactionFinished(request, response, { login: { accountId: name } });
    else void answer(request, response);
  });
  return {
    url,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a browser keeps between the steps of a sign-in: cookies by site. */
export class Browser {
  private readonly cookies = new Map<string, Map<string, string>>();

  cookieOf(origin: string): string {
    return [...(this.cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  keep(origin: string, response: Response): void {
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value === '' || /max-age=0/i.test(cookie)) jar.delete(name!);
      else jar.set(name!, value!);
    }
  }

  /** All cookies of a site. */
  forget(origin: string): void {
    this.cookies.delete(origin);
  }

  /** Says yes where the issuer asks whether to sign out; where it sends the browser then. */
  async confirmLogout(url: URL): Promise<string | null> {
    const page = await fetch(url, { redirect: 'manual', headers: { cookie: this.cookieOf(url.origin) } });
    this.keep(url.origin, page);
    const html = await page.text();
    const action = /action="([^"]+)"/.exec(html)?.[1];
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1];
    if (!action || !xsrf)
      throw new Error(`${url.origin} answered ${page.status} and asks nothing: ${html.slice(0, 300)}`);
    const answer = await fetch(new URL(action, url), {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: this.cookieOf(url.origin) },
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    this.keep(url.origin, answer);
    return answer.headers.get('location');
  }

  /** Follows redirects within the issuer until it sends the browser back to `untilOrigin`. */
  async follow(start: string, untilOrigin: string): Promise<string> {
    let url = new URL(start);
    for (let hop = 0; hop < 20; hop++) {
      if (url.origin === untilOrigin) return url.href;
      const response = await fetch(url, { redirect: 'manual', headers: { cookie: this.cookieOf(url.origin) } });
      this.keep(url.origin, response);
      const location = response.headers.get('location');
      if (!location) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
      url = new URL(location, url);
    }
    throw new Error('the issuer sends the browser round in circles');
  }
}
