/**
 * Who may look: each of the four ways lets in whom it should and nobody else, with roles, limits and nothing told that
 * is secret.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../../core/process/config.ts';
import { readConfig } from '../../../core/process/config.ts';
import type { NoAnswer } from '../../../dashboard-next/model/questions.ts';
import { servingQuestions } from '../../../dashboard-next/server/serving-questions.ts';
import { Refusal } from '../../../core/process/errors.ts';
import { accessOf } from '../../../serving/access/current.ts';
import type { Gate } from '../../../serving/access/gate.ts';
import { createGate } from '../../../serving/access/gate.ts';
import { localPath } from '../../../serving/access/oidc.ts';
import { stampPeer } from '../../../serving/access/peer.ts';
import { checkAccess } from '../../../serving/access/settings.ts';
import { userLine as lineOfUser } from '../../../serving/access/users.ts';
import * as answers from '../../../serving/answers.ts';
import { getAuth } from '../../../serving/http/auth.ts';
import { getTopItems } from '../../../serving/http/counts.ts';
import { getDetections } from '../../../serving/http/detections.ts';
import { getExport } from '../../../serving/http/export.ts';
import { getHealth, getReadiness } from '../../../serving/http/health.ts';
import { getLake, getRun, getRuns, getTrust } from '../../../serving/http/reports.ts';
import { getStream } from '../../../serving/http/stream.ts';
import { Browser, startIssuer } from '../../support/issuer.ts';
import type { Stage } from './serving-double.ts';
import type { Role } from '../../../serving/access/caller.ts';
import { stageOf } from './serving-double.ts';

const configOf = (environment: Record<string, string>): Config => readConfig(environment as NodeJS.ProcessEnv);
/** Cheap to hash. */
const userLine = (name: string, role: Role, password: string): Promise<string> =>
  lineOfUser(name, role, password, { N: 1_024, r: 8, p: 1 });
const SECRET = 'a secret of thirty-two characters or more';

function request(path: string, headers: Record<string, string> = {}, peer?: string): Request {
  const all: Record<string, string> = { ...headers };
  if (peer !== undefined) stampPeer(all, peer);
  return new Request(`http://127.0.0.1:3000${path}`, { headers: all });
}

function staged(environment: Record<string, string>): Stage {
  const stage = stageOf();
  stage.gate = createGate(configOf(environment));
  return stage;
}

const basic = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
const statusOf = async (stage: Stage, headers: Record<string, string> = {}, peer?: string): Promise<number> =>
  (await getTopItems(request('/api/v1/top-items', headers, peer), {}, stage.serving)).status;

test('without authentication the app serves on loopback addresses only, and says what to do', () => {
  for (const bind of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) checkAccess(configOf({ BIND: bind }));
  for (const bind of ['0.0.0.0', '::', '10.0.0.7', '128.0.0.1', 'example.org']) {
    assert.throws(
      () => checkAccess(configOf({ BIND: bind })),
      (fault) => fault instanceof Refusal && fault.exitCode === 2 && /AUTH=none.*loopback/s.test(fault.message),
      bind,
    );
  }
});

test('settings that do not fit are refused by name, and no secret is told', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ AUTH: 'basic' }, /AUTH_USERS/],
    [{ AUTH: 'basic', AUTH_USERS: 'alice:operator:hunter2' }, /user 1/],
    [{ AUTH: 'proxy' }, /AUTH_PROXY_ADDRESSES.*AUTH_PROXY_SECRET/s],
    [{ AUTH: 'proxy', AUTH_PROXY_SECRET: SECRET, AUTH_PROXY_ADDRESSES: '10.0.0.0/33' }, /10\.0\.0\.0\/33/],
    [
      { AUTH: 'proxy', AUTH_PROXY_SECRET: 'hunter2', AUTH_PROXY_ADDRESSES: '10.0.0.1' },
      /AUTH_PROXY_SECRET.*at least 32/,
    ],
    [{ AUTH: 'basic', AUTH_USERS: 'alice:operator:scrypt$131072$8$1$AAAAAAAAAAAAAAAA$=' }, /user 1 has .* too short/],
    [
      { AUTH: 'basic', AUTH_USERS: `alice:operator:scrypt$1000$8$1$${'A'.repeat(16)}$${'A'.repeat(44)}` },
      /power of two/,
    ],
    [
      { AUTH: 'basic', AUTH_USERS: `alice:operator:scrypt$16777216$8$1$${'A'.repeat(16)}$${'A'.repeat(44)}` },
      /more than 256 MB/,
    ],
    [
      { AUTH: 'none', BIND: '127.0.0.1', PUBLIC_URL: 'http://sightline.example' },
      /PUBLIC_URL is http.*https:\/\/ was expected/,
    ],
    [{ AUTH: 'none', BIND: '127.0.0.1', PUBLIC_URL: 'https://example.org/sightline' }, /PUBLIC_URL has a path/],
    [{ AUTH: 'none', BIND: '127.0.0.1', TRUSTED_PROXIES: 'balancer' }, /TRUSTED_PROXIES has "balancer"/],
    [{ AUTH: 'oidc' }, /OIDC_ISSUER.*OIDC_CLIENT_ID.*PUBLIC_URL.*SESSION_SECRET/s],
    [{ AUTH: 'oidc' }, /gives access to nobody yet\. Set OIDC_VIEWER_GROUPS or OIDC_OPERATOR_GROUPS/],
    [
      { AUTH: 'oidc', OIDC_VIEWER_GROUPS: ' , ', OIDC_NAME_CLAIM: 'email' },
      /gives access to nobody yet.*AUTH_OPERATORS to names of the claim email/,
    ],
    [
      {
        AUTH: 'oidc',
        OIDC_ISSUER: 'http://issuer.example',
        OIDC_CLIENT_ID: 'x',
        PUBLIC_URL: 'https://a.example',
        SESSION_SECRET: 'hunter2',
      },
      /https.*|SESSION_SECRET/s,
    ],
  ];
  for (const [environment, says] of cases) {
    assert.throws(
      () => checkAccess(configOf({ BIND: '0.0.0.0', ...environment })),
      (fault) =>
        fault instanceof Refusal &&
        fault.exitCode === 2 &&
        says.test(fault.message) &&
        !fault.message.includes('hunter2'),
    );
  }
});

test('basic: right name and password are let in, anything else is a 401 that says how to ask', async () => {
  const stage = staged({
    AUTH: 'basic',
    AUTH_USERS: [
      await userLine('alice', 'operator', 'correct horse'),
      await userLine('bob', 'viewer', 'battery: staple'),
    ].join('\n'),
  });
  assert.equal(await statusOf(stage, basic('alice', 'correct horse')), 200);
  assert.equal(await statusOf(stage, basic('alice', 'correct horse')), 200, 'remembered');
  assert.equal(await statusOf(stage, basic('bob', 'battery: staple')), 200);
  for (const headers of [
    {},
    basic('alice', 'wrong'),
    basic('bob', 'correct horse'),
    basic('', ''),
    basic('nobody', 'x'),
    { authorization: 'Bearer abc' },
    { authorization: 'Basic !!!' },
  ] as Record<string, string>[]) {
    const response = await getTopItems(request('/api/v1/top-items', headers), {}, stage.serving);
    const problem = answers.Problem.parse(await response.json());
    assert.deepEqual(
      [response.status, problem.status, response.headers.get('www-authenticate')],
      [401, 401, 'Basic realm="Sightline", charset="UTF-8"'],
    );
  }
});

test('every data route asks the gate, probes do not', async () => {
  const stage = stageOf();
  const gate: Gate = createGate(configOf({ AUTH: 'proxy', AUTH_PROXY_ADDRESSES: '10.0.0.1' }));
  stage.gate = gate;
  const routes = [getTopItems, getDetections, getExport, getStream, getTrust, getRuns, getLake];
  for (const route of routes) assert.equal((await route(request('/'), {}, stage.serving)).status, 401, route.name);
  assert.equal((await getRun(request('/'), { epoch: '2026-11-22' }, stage.serving)).status, 401);
  assert.equal((await getHealth(request('/healthz'), {}, stage.serving)).status, 200);
  assert.equal((await getReadiness(request('/readyz'), {}, stage.serving)).status, 200);
  assert.deepEqual(stage.asked.speedView, undefined, 'nothing was read for callers who were turned away');
});

test('a viewer sees numbers, an operator runs and reasons of dead letters too', async () => {
  const users = [await userLine('olga', 'operator', 'password-1'), await userLine('vera', 'viewer', 'password-2')].join(
    ';',
  );
  const stage = staged({ AUTH: 'basic', AUTH_USERS: users });
  stage.progress = stage.progress.map(
    (row) =>
      ({ ...row, tallies: { ...row.tallies, dead_letters: 1, dead_letters_by_reason: { not_json: 1 } } }) as never,
  );
  const trust = async (headers: Record<string, string>) =>
    answers.TrustAnswer.parse(await (await getTrust(request('/api/v1/trust', headers), {}, stage.serving)).json());
  const ofViewer = await trust(basic('vera', 'password-2'));
  assert.deepEqual([ofViewer.dead_letters, ofViewer.hidden, ofViewer.tallies.dead_letters], [[], ['dead_letters'], 3]);
  const ofOperator = await trust(basic('olga', 'password-1'));
  assert.deepEqual([ofOperator.dead_letters.length, ofOperator.hidden], [1, undefined]);
  for (const response of [
    await getRuns(request('/', basic('vera', 'password-2')), {}, stage.serving),
    await getRun(request('/', basic('vera', 'password-2')), { epoch: '2026-11-22' }, stage.serving),
  ]) {
    assert.deepEqual([response.status, response.headers.get('content-type')], [403, 'application/problem+json']);
  }
});

test('proxy: the header counts only from the listed addresses, as the server saw them', async () => {
  const stage = staged({
    AUTH: 'proxy',
    AUTH_PROXY_ADDRESSES: '10.0.0.0/8, 127.0.0.1, fd00::/8',
    AUTH_PROXY_HEADER: 'X-User',
    AUTH_PROXY_SECRET: SECRET,
    AUTH_OPERATORS: 'olga',
  });
  const secret = { 'x-sightline-proxy-secret': SECRET };
  const named = { ...secret, 'x-user': 'olga' };
  for (const peer of ['10.1.2.3', '127.0.0.1', '::ffff:10.0.0.1', 'fd12::1'])
    assert.equal(await statusOf(stage, named, peer), 200, peer);
  for (const peer of ['11.0.0.1', '192.168.0.1', 'fe80::1', ''])
    assert.equal(await statusOf(stage, named, peer), 401, peer);
  assert.equal(await statusOf(stage, secret, '10.1.2.3'), 401, 'without a name');
  assert.equal(await statusOf(stage, { 'x-user': 'olga' }, '10.1.2.3'), 401, 'without the secret');
  assert.equal(
    await statusOf(stage, { 'x-user': 'olga', 'x-sightline-proxy-secret': `${SECRET}!` }, '10.1.2.3'),
    401,
    'with another secret',
  );
  assert.equal(
    await statusOf(stage, { ...named, 'x-sightline-peer': '10.1.2.3' }),
    401,
    'a header that the client made up',
  );
  assert.equal((await stage.gate.admit(request('/', named, '10.1.2.3'))).role, 'operator');
  assert.equal((await stage.gate.admit(request('/', { ...secret, 'x-user': 'vera' }, '10.1.2.3'))).role, 'viewer');
  const bytes = Buffer.from('Zoë').toString('latin1');
  assert.equal(
    (await stage.gate.admit(request('/', { ...secret, 'x-user': bytes }, '10.1.2.3'))).name,
    'Zoë',
    'a name in UTF-8',
  );
});

test('who asks too much gets a 429 with Retry-After, alone, until time has passed', async () => {
  let now = 0;
  const stage = stageOf();
  stage.gate = createGate(configOf({ RATE_LIMIT_PER_MINUTE: '60' }), () => now);
  for (let asked = 0; asked < 60; asked++) assert.equal(await statusOf(stage, {}, '10.0.0.1'), 200);
  const refused = await getTopItems(request('/api/v1/top-items', {}, '10.0.0.1'), {}, stage.serving);
  assert.deepEqual(
    [refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')],
    [429, '1', 'application/problem+json'],
  );
  assert.equal(await statusOf(stage, {}, '10.0.0.2'), 200, 'another caller is not held up');
  now += 1_000;
  assert.equal(await statusOf(stage, {}, '10.0.0.1'), 200);
});

test('strangers take nothing from known callers of the same address: 300 requests without credentials lock nobody out', async () => {
  const stage = stageOf();
  stage.gate = createGate(
    configOf({
      AUTH: 'basic',
      AUTH_USERS: await userLine('alice', 'viewer', 'correct horse'),
      RATE_LIMIT_PER_MINUTE: '4',
    }),
    () => 0,
  );
  for (let asked = 0; asked < 300; asked++) assert.equal(await statusOf(stage, {}, '10.0.0.1'), 401);
  assert.equal(await statusOf(stage, basic('alice', 'correct horse'), '10.0.0.1'), 200);
  for (let guess = 0; guess < 4; guess++)
    assert.equal(await statusOf(stage, basic('alice', `guess ${guess}`), '10.0.0.1'), 401);
  assert.equal(await statusOf(stage, basic('alice', 'guess 5'), '10.0.0.1'), 429);
  assert.equal(await statusOf(stage, basic('alice', 'correct horse'), '10.0.0.1'), 200, 'who is known stays known');
});

test('a password is the same however its letters are composed', async () => {
  const stage = staged({ AUTH: 'basic', AUTH_USERS: await userLine('zoe', 'viewer', 'cafe\u0301 au lait') });
  assert.equal(await statusOf(stage, basic('zoe', 'caf\u00e9 au lait')), 200);
});

test('guessing passwords is limited by address', async () => {
  const stage = stageOf();
  stage.gate = createGate(
    configOf({
      AUTH: 'basic',
      AUTH_USERS: await userLine('alice', 'viewer', 'password-1'),
      RATE_LIMIT_PER_MINUTE: '2',
    }),
    () => 0,
  );
  const guesses = [];
  for (let guess = 0; guess < 3; guess++)
    guesses.push(await statusOf(stage, basic('alice', `guess ${guess}`), '10.0.0.9'));
  assert.deepEqual(guesses, [401, 401, 429]);
});

test('oidc: a real issuer signs somebody in, the session opens the API, and leaving closes it', async () => {
  const app = 'http://127.0.0.1:3000';
  const client = { id: 'sightline', secret: 'the secret of the client', redirectUri: `${app}/api/auth/callback` };
  const issuer = await startIssuer(client, 'olga');
  try {
    const config = configOf({
      AUTH: 'oidc',
      OIDC_ISSUER: issuer.url,
      OIDC_CLIENT_ID: client.id,
      OIDC_CLIENT_SECRET: client.secret,
      PUBLIC_URL: app,
      SESSION_SECRET: SECRET,
      AUTH_OPERATORS: 'olga',
    });
    const access = accessOf(config);
    const stage = stageOf();
    stage.gate = access.gate;
    const browser = new Browser();
    const go = async (path: string): Promise<Response> => {
      const step = /auth\/(\w+)/.exec(path)![1]!;
      const response = await getAuth(request(path, { cookie: browser.cookieOf(app) }), { step }, stage.serving, access);
      browser.keep(app, response);
      return response;
    };
    assert.equal(await statusOf(stage), 401);
    const login = await go('/api/auth/login?to=/?location=42');
    assert.equal(login.status, 303);
    const back = new URL(await browser.follow(login.headers.get('location')!, app));
    const strangers = await getAuth(request(back.pathname + back.search), { step: 'callback' }, stage.serving, access);
    assert.equal(strangers.status, 401, 'the answer of the issuer is worth nothing in another browser');
    const landed = await go(back.pathname + back.search);
    assert.deepEqual([landed.status, landed.headers.get('location')], [303, `${app}/?location=42`]);
    assert.match(landed.headers.getSetCookie()[0]!, /^sightline-session=.*; Path=\/; .*HttpOnly; SameSite=Lax$/);
    const cookie = browser.cookieOf(app);
    assert.deepEqual(await access.gate.admit(request('/', { cookie })), { name: 'olga', role: 'operator' });
    assert.equal(await statusOf(stage, { cookie }), 200);
    const changed = cookie.replace(
      /(sightline-session=.{60})(.)/,
      (_all, before: string, letter: string) => before + (letter === '_' ? 'A' : '_'),
    );
    assert.equal(await statusOf(stage, { cookie: changed }), 401, 'a changed cookie');
    const replayed = await getAuth(
      request(`${back.pathname}?code=stolen&state=wrong`, { cookie }),
      { step: 'callback' },
      stage.serving,
      access,
    );
    assert.equal(replayed.status, 401);
    await go('/api/auth/logout');
    assert.equal(await statusOf(stage, { cookie: browser.cookieOf(app) }), 401);
    const others = accessOf({ ...config, SESSION_SECRET: `${SECRET}!` });
    await assert.rejects(others.gate.admit(request('/', { cookie })), /You are not signed in/);
  } finally {
    await issuer.close();
  }
});

test('oidc: an issuer that is away is a 503; after a sign-in one lands in this app only', async () => {
  const config = configOf({
    AUTH: 'oidc',
    OIDC_ISSUER: 'http://127.0.0.1:1',
    OIDC_CLIENT_ID: 'x',
    PUBLIC_URL: 'http://127.0.0.1:3000',
    OIDC_VIEWER_GROUPS: 'staff',
    SESSION_SECRET: SECRET,
  });
  const stage = stageOf();
  const away = await getAuth(request('/api/auth/login'), { step: 'login' }, stage.serving, accessOf(config));
  assert.deepEqual([away.status, away.headers.get('refresh')], [503, '10'], 'a wall screen tries again by itself');
  for (const [to, own] of [
    ['/place/7?x=1', '/place/7?x=1'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['', '/'],
  ] as const)
    assert.equal(localPath(to), own);
  assert.equal(
    (await getAuth(request('/api/auth/login'), { step: 'login' }, stage.serving, { signIn: null })).status,
    404,
  );
});

test('a page that the server paints shows a viewer no more than the API does', async () => {
  const stage = stageOf();
  stage.progress = stage.progress.map(
    (row) =>
      ({ ...row, tallies: { ...row.tallies, dead_letters: 1, dead_letters_by_reason: { not_json: 1 } } }) as never,
  );
  const asked: string[] = [];
  const serving = {
    ...stage.serving,
    runs: async () => (asked.push('runs'), { runs: [], total: 0, attempts: [] }),
    run: async () => (asked.push('run'), null),
  };
  const ofViewer = servingQuestions(() => serving, 'viewer');
  await assert.rejects(
    ofViewer.runs(),
    (fault: NoAnswer) => fault.kind === 'refused' && fault.title === 'Operators only',
  );
  await assert.rejects(ofViewer.report('2026-11-22'), /Operators only/);
  assert.equal(await ofViewer.verdict('2026-11-22'), null);
  assert.deepEqual([(await ofViewer.trust()).dead_letters, asked], [[], []]);
  const ofOperator = servingQuestions(() => serving, 'operator');
  await ofOperator.runs();
  assert.deepEqual([(await ofOperator.trust()).dead_letters.length, asked], [1, ['runs']]);
});
