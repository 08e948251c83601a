/**
 * AUTH=oidc against a real issuer: who is chosen looks, by groups that count at once, until the session is renewed or
 * ended everywhere.
 *
 * The issuer is oidc-provider on loopback; the session's clock is the test's.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import type { Access } from '../../../../serving/access/current.ts';
import { accessOf } from '../../../../serving/access/current.ts';
import { claimOf, personOf } from '../../../../serving/access/claims.ts';
import { roleIn, withRights } from '../../../../serving/access/groups.ts';
import { sessions } from '../../../../serving/access/session.ts';
import { SIGN_IN_HEADER } from '../../../../serving/access/sign-in-header.ts';
import { getAuth } from '../../../../serving/http/auth.ts';
import { getTopItems } from '../../../../serving/http/counts.ts';
import { Browser, startIssuer } from '../../../support/issuer.ts';
import { stageOf } from '../serving-double.ts';

const APP = 'http://127.0.0.1:3000';
const CLIENT = {
  id: 'sightline',
  secret: 'the secret of the client',
  redirectUri: `${APP}/api/auth/callback`,
  signedOutUri: `${APP}/api/auth/signed-out`,
};
const said: { claims: Record<string, unknown> } = { claims: {} };
const issuer = await startIssuer(CLIENT, 'u-17', { claims: () => said.claims });
const lateTeller = await startIssuer(CLIENT, 'u-17', { claims: () => said.claims, asksForUserinfo: true });
after(() => Promise.all([issuer.close(), lateTeller.close()]));

const settings = (more: Record<string, string> = {}): Parameters<typeof accessOf>[0] =>
  readConfig({
    AUTH: 'oidc',
    OIDC_ISSUER: issuer.url,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    PUBLIC_URL: APP,
    SESSION_SECRET: 'a secret of thirty-two characters or more',
    OIDC_VIEWER_GROUPS: 'staff, night shift',
    OIDC_OPERATOR_GROUPS: 'operations',
    ...more,
  } as Record<string, string> as NodeJS.ProcessEnv);

class Visitor {
  readonly browser = new Browser();
  access: Access;
  now = Date.now();
  private readonly stage = stageOf();

  constructor(more: Record<string, string> = {}) {
    this.access = accessOf(settings(more), () => this.now);
  }

  /** As if serving were started with other settings. */
  restart(more: Record<string, string>): void {
    this.access = accessOf(settings(more), () => this.now);
  }

  async step(path: string): Promise<Response> {
    const response = await getAuth(
      this.request(path),
      { step: /auth\/([\w-]+)/.exec(path)![1]! },
      this.stage.serving,
      this.access,
    );
    this.browser.keep(APP, response);
    return response;
  }

  /**
   * From step to step and through the issuer, until there is a page; the addresses of the issuer that were begun with.
   */
  async signIn(to = '/'): Promise<{ response: Response; asked: URL[] }> {
    const asked: URL[] = [];
    let response = await this.step(`/api/auth/login?to=${encodeURIComponent(to)}`);
    for (
      let location = response.headers.get('location');
      location !== null && !location.startsWith(APP);
      location = response.headers.get('location')
    ) {
      asked.push(new URL(location));
      const back = new URL(await this.browser.follow(location, APP));
      response = await this.step(back.pathname + back.search);
    }
    return { response, asked };
  }

  request(path: string): Request {
    return new Request(APP + path, { headers: { cookie: this.browser.cookieOf(APP) } });
  }

  caller(): ReturnType<Access['gate']['identify']> {
    return this.access.gate.identify(this.request('/'));
  }

  async status(): Promise<Response> {
    this.stage.gate = this.access.gate;
    return getTopItems(this.request('/api/v1/top-items'), {}, this.stage.serving);
  }
}

test('nobody is let in for having an account: groups that are chosen look, others get a 403 that says so', async () => {
  for (const [groups, role] of [
    [['staff'], 'viewer'],
    [['night shift', 'else'], 'viewer'],
    [['staff', 'operations'], 'operator'],
    ['operations', 'operator'],
    [['else'], null],
    [undefined, null],
  ] as const) {
    said.claims = { groups, preferred_username: 'anybody' };
    const visitor = new Visitor();
    const { response } = await visitor.signIn();
    if (role === null) {
      const problem = (await response.json()) as { title: string; detail: string };
      assert.deepEqual([response.status, problem.title], [403, 'No access']);
      assert.match(problem.detail, /signed in as u-17, but in none of the groups/);
      assert.equal((await visitor.status()).status, 401, 'there is no session');
    } else assert.deepEqual(await visitor.caller(), { name: 'u-17', role });
  }
});

test('settings that change count with the next request, whatever the session was begun with', async () => {
  said.claims = { groups: ['staff', 'cleaners'] };
  const visitor = new Visitor();
  await visitor.signIn();
  assert.equal((await visitor.caller()).role, 'viewer');
  visitor.restart({ OIDC_OPERATOR_GROUPS: 'cleaners' });
  assert.equal((await visitor.caller()).role, 'operator');
  visitor.restart({ AUTH_OPERATORS: 'u-17' });
  assert.equal((await visitor.caller()).role, 'operator');
  visitor.restart({ OIDC_VIEWER_GROUPS: 'managers' });
  const refused = await visitor.status();
  assert.deepEqual([refused.status, ((await refused.json()) as { title: string }).title], [403, 'No access']);
});

test('a session that is over is renewed without a person, with the groups of now; the page hears where', async () => {
  said.claims = { groups: ['operations'] };
  const visitor = new Visitor({ OIDC_SESSION_MINUTES: '30' });
  const first = await visitor.signIn('/trust');
  assert.deepEqual(
    [first.asked.map((url) => url.searchParams.get('prompt')), first.response.headers.get('location')],
    [[null], `${APP}/trust`],
  );
  visitor.now += 29 * 60_000;
  assert.equal((await visitor.caller()).role, 'operator');
  visitor.now += 60_000;
  const over = await visitor.status();
  assert.deepEqual([over.status, over.headers.get(SIGN_IN_HEADER)], [401, '/api/auth/login']);
  said.claims = { groups: ['staff'] };
  const again = await visitor.signIn('/?location=42');
  assert.deepEqual(
    [again.asked.map((url) => url.searchParams.get('prompt')), again.response.headers.get('location')],
    [['none'], `${APP}/?location=42`],
  );
  assert.equal((await visitor.caller()).role, 'viewer');
  said.claims = { groups: [] };
  visitor.now += 30 * 60_000;
  assert.equal((await visitor.signIn()).response.status, 403);
});

test('where the issuer does not know the browser any more a person is asked', async () => {
  said.claims = { groups: ['staff'] };
  const visitor = new Visitor();
  await visitor.signIn();
  visitor.browser.forget(issuer.url);
  visitor.now += 60 * 60_000;
  const { asked, response } = await visitor.signIn('/data');
  assert.deepEqual(
    [asked.map((url) => url.searchParams.get('prompt')), response.headers.get('location')],
    [['none', null], `${APP}/data`],
  );
});

test('tabs that sign in at the same time do not disturb each other', async () => {
  said.claims = { groups: ['staff'] };
  const visitor = new Visitor();
  const begun = [await visitor.step('/api/auth/login?to=/data'), await visitor.step('/api/auth/login?to=/trust')];
  for (const [index, to] of ['/data', '/trust'].entries()) {
    const back = new URL(await visitor.browser.follow(begun[index]!.headers.get('location')!, APP));
    const landed = await visitor.step(back.pathname + back.search);
    assert.equal(landed.headers.get('location'), APP + to);
  }
  assert.doesNotMatch(visitor.browser.cookieOf(APP), /sightline-login/, 'nothing of a sign-in is left');
});

test('signing out ends the session here and at the issuer', async () => {
  said.claims = { groups: ['staff'] };
  const visitor = new Visitor();
  await visitor.signIn();
  const out = new URL((await visitor.step('/api/auth/logout')).headers.get('location')!);
  assert.deepEqual([out.origin, out.searchParams.get('post_logout_redirect_uri')], [issuer.url, CLIENT.signedOutUri]);
  assert.match(out.searchParams.get('id_token_hint') ?? '', /^eyJ/);
  assert.equal(visitor.browser.cookieOf(APP), '');
  assert.equal(await visitor.browser.confirmLogout(out), CLIENT.signedOutUri);
  const page = await visitor.step('/api/auth/signed-out');
  assert.match(await page.text(), /You are signed out/);
  // Somebody is asked again, also where a forgotten copy of the cookie makes the app try without.
  const login = new URL((await visitor.step('/api/auth/login')).headers.get('location')!);
  login.searchParams.set('prompt', 'none');
  assert.equal(new URL(await visitor.browser.follow(login.href, APP)).searchParams.get('error'), 'login_required');
});

test('claims that only the userinfo endpoint tells are asked for there', async () => {
  said.claims = { groups: ['operations'], email: 'vera@example.org', email_verified: true };
  const visitor = new Visitor({ OIDC_ISSUER: lateTeller.url, OIDC_NAME_CLAIM: 'email' });
  await visitor.signIn();
  assert.deepEqual(await visitor.caller(), { name: 'vera@example.org', role: 'operator' });
});

test('a name is a claim that can be trusted; an email that nobody verified is none', () => {
  const named = (claims: Record<string, unknown>, name: string, groups = 'groups') =>
    personOf(claims, { OIDC_NAME_CLAIM: name, OIDC_GROUPS_CLAIM: groups });
  assert.equal(named({ sub: 'u-17', preferred_username: 'olga' }, 'sub').name, 'u-17');
  for (const claims of [
    { email: 'a@example.org' },
    { email: 'a@example.org', email_verified: false },
    { email: 'a@example.org', email_verified: 'true' },
    {},
  ]) {
    assert.throws(() => named(claims, 'email'), { name: 'Forbidden' });
  }
  assert.throws(() => named({ sub: 'u-17' }, 'upn'), /no claim upn/);
  assert.throws(() => named({ sub: 17 }, 'sub'), { name: 'Forbidden' });
  assert.deepEqual(named({ sub: 'x', realm_access: { roles: ['a', 7, 'b'] } }, 'sub', 'realm_access.roles').groups, [
    'a',
    'b',
  ]);
  assert.deepEqual(claimOf({ 'https://example.org/groups': ['a'] }, 'https://example.org/groups'), ['a']);
  assert.equal(claimOf({ sub: 'x' }, 'constructor.name'), undefined);
});

test('the star lets in whom the issuer signs in, and it must be written', () => {
  const chosen = { AUTH_OPERATORS: '', OIDC_VIEWER_GROUPS: '*', OIDC_OPERATOR_GROUPS: 'operations' };
  assert.equal(roleIn({ name: 'x', groups: [] }, chosen), 'viewer');
  assert.equal(roleIn({ name: 'x', groups: ['operations'] }, chosen), 'operator');
  assert.equal(roleIn({ name: '', groups: ['*'] }, { ...chosen, OIDC_VIEWER_GROUPS: '' }), null);
});

test('footage is a right beside the role: by name, and by a group that alone lets nobody in', () => {
  const settings = { AUTH_FOOTAGE: 'u-17', OIDC_FOOTAGE_GROUPS: 'guards' };
  const vera = { name: 'vera', role: 'viewer' } as const;
  assert.deepEqual(withRights(vera, ['staff'], settings), vera);
  assert.deepEqual(withRights(vera, ['staff', 'guards'], settings).rights, ['footage']);
  assert.deepEqual(withRights({ ...vera, name: 'u-17' }, [], settings).rights, ['footage']);
  const chosen = { AUTH_OPERATORS: '', OIDC_VIEWER_GROUPS: 'staff', OIDC_OPERATOR_GROUPS: '' };
  assert.equal(roleIn({ name: 'x', groups: ['guards'] }, chosen), null);
});

test('a session fits into a cookie: of hundreds of groups it keeps those that make a difference', async () => {
  const many = Array.from({ length: 400 }, (_, n) => `a group with a long name ${n}`);
  const held = sessions(settings());
  const cookie = await held.begin({ name: 'olga', groups: [...many, 'staff'] });
  assert.ok(Buffer.byteLength(cookie) < 4_096, `${cookie.length} bytes`);
  assert.deepEqual(await held.identify(cookie.split(';')[0]!), { name: 'olga', groups: ['staff'] });
  const few = await held.begin({ name: 'olga', groups: many.slice(0, 20) });
  assert.equal((await held.identify(few.split(';')[0]!)).groups.length, 20);
  await assert.rejects(
    sessions(settings({ OIDC_VIEWER_GROUPS: many.join(',') })).begin({ name: 'olga', groups: many }),
    { name: 'Forbidden' },
  );
  assert.equal(await held.seal('x', { token: 'x'.repeat(4_000) }, 60), null);
});
