/** The door: which requests are for this app, and whose word about an address counts. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { addressList } from '../../../../serving/access/addresses.ts';
import { createDoor, hostTest } from '../../../../serving/access/door.ts';
import { guessLimits, networkOf } from '../../../../serving/access/guesses.ts';
import { clientOf, peerOf, stampPeer } from '../../../../serving/access/peer.ts';
import { boundedQueue } from '../../../../serving/bounds/bounded-queue.ts';
import { sessions } from '../../../../serving/access/session.ts';

const isOurs = (environment: Record<string, string>): ((host: string | undefined) => boolean) =>
  hostTest(readConfig(environment as NodeJS.ProcessEnv));

test('without authentication only loopback names and allowed hosts get an answer, so that no page of another site can ask', () => {
  const ours = isOurs({ ALLOWED_HOSTS: 'Wall.example.org, 10.0.0.7' });
  for (const host of [
    'localhost',
    'localhost:3000',
    '127.0.0.1:3000',
    '127.9.9.9',
    '[::1]:3000',
    'app.localhost',
    'wall.example.org:80',
    'WALL.EXAMPLE.ORG.',
    '10.0.0.7:3000',
  ])
    assert.ok(ours(host), host);
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example:3000',
    '10.0.0.8',
    '',
    undefined,
  ])
    assert.ok(!ours(host), host);
});

test('where one signs in every host is ours until one is named', () => {
  assert.ok(isOurs({ AUTH: 'basic' })('any.example'));
  const named = isOurs({ AUTH: 'oidc', PUBLIC_URL: 'https://sightline.example.org' });
  assert.ok(named('sightline.example.org'));
  assert.ok(!named('other.example.org'));
});

interface Turned {
  readonly isAdmitted: boolean;
  readonly status: number | null;
  readonly headers: Record<string, string>;
}

function atDoor(
  environment: Record<string, string>,
  headers: Record<string, string>,
  url = '/',
  method = 'GET',
  socket: object = {},
): Turned {
  const turned = { status: null as number | null, headers: {} as Record<string, string> };
  const response = {
    setHeader: (name: string, value: string) => void (turned.headers[name] = value),
    writeHead(status: number) {
      turned.status = status;
      return response;
    },
    end: () => undefined,
  };
  const request = { url, method, headers, socket: { remoteAddress: '10.0.0.1', ...socket } };
  const isAdmitted = createDoor(readConfig(environment as NodeJS.ProcessEnv))(
    request as unknown as IncomingMessage,
    response as unknown as ServerResponse,
  );
  return { isAdmitted, ...turned };
}

test('a request for another host is a 421, a probe is not', () => {
  assert.deepEqual(atDoor({}, { host: 'evil.example' }), { isAdmitted: false, status: 421, headers: {} });
  assert.equal(atDoor({}, { host: '10.1.2.3:3000' }, '/healthz?x').isAdmitted, true);
});

test('GET and HEAD are answered, of every path; OPTIONS and 405 say so', () => {
  const headers = { host: 'localhost' };
  for (const url of ['/', '/trust', '/api/v1/top-items', '/api/nothing', '/readyz', '/metrics', '/_next/x.js']) {
    for (const method of ['GET', 'HEAD']) assert.ok(atDoor({}, headers, url, method).isAdmitted);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
      assert.deepEqual(
        atDoor({}, headers, url, method),
        { isAdmitted: false, status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } },
        `${method} ${url}`,
      );
    }
    assert.deepEqual(atDoor({}, headers, url, 'OPTIONS'), {
      isAdmitted: false,
      status: 204,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    });
  }
});

test('browsers are told to stay with HTTPS where they came by it', () => {
  const kept = { 'strict-transport-security': 'max-age=31536000' };
  assert.deepEqual(atDoor({ PUBLIC_URL: 'https://a.example' }, { host: 'a.example' }).headers, kept);
  assert.deepEqual(
    atDoor({ AUTH: 'basic', TRUSTED_PROXIES: '10.0.0.1' }, { host: 'a', 'x-forwarded-proto': 'https' }).headers,
    kept,
  );
  assert.deepEqual(
    atDoor({ AUTH: 'basic' }, { host: 'a', 'x-forwarded-proto': 'https' }).headers,
    {},
    'anybody can write this header',
  );
  assert.deepEqual(
    atDoor({ AUTH: 'basic' }, { host: 'a:3000' }, '/', 'GET', { encrypted: true }).headers,
    kept,
    'TLS ends in this process',
  );
  assert.deepEqual(
    atDoor({}, { host: 'localhost:3000' }, '/', 'GET', { encrypted: true }).headers,
    {},
    'other things are developed at localhost, over http',
  );
});

test('the client is the last address that no trusted proxy is, and only trusted proxies are believed', () => {
  const trusted = addressList('TRUSTED_PROXIES', '10.0.0.0/8,fd00::/8');
  const stamped = (peer: string, forwarded?: string): { headers: Headers } => {
    const headers: Record<string, string | string[] | undefined> =
      forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    stampPeer(headers, peer, trusted);
    return { headers: new Headers(headers as Record<string, string>) };
  };
  const cases: [peer: string, forwarded: string | undefined, client: string][] = [
    ['192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.1', '198.51.100.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['::ffff:10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['10.0.0.1', 'unknown, 203.0.113.9:5555', '203.0.113.9'],
    ['10.0.0.1', 'nonsense', '10.0.0.1'],
  ];
  for (const [peer, forwarded, client] of cases) {
    const request = stamped(peer, forwarded);
    assert.deepEqual(
      [peerOf(request), clientOf(request)],
      [peer.replace('::ffff:', ''), client],
      `${peer} ${forwarded}`,
    );
  }
});

test('IPv6 counts by the network of one customer', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('10.0.0.1'), '10.0.0.1');
});

test('wrong passwords are counted by user, by client and by both; a limit of one user elsewhere holds nobody else up', () => {
  let now = 0;
  const guesses = guessLimits(0, () => now);
  for (let guess = 0; guess < 10; guess++) guesses.count('alice', '10.0.0.1');
  assert.throws(() => guesses.check('alice', '10.0.0.1'), { status: 429, message: /wrong passwords a minute/ });
  guesses.check('alice', '10.0.0.2');
  guesses.check('bob', '10.0.0.1');
  for (let user = 0; user < 50; user++) guesses.count(`user ${user}`, '10.0.0.1');
  assert.throws(() => guesses.check('bob', '10.0.0.1'), { status: 429 });
  now += 60_000;
  guesses.check('alice', '10.0.0.1');
});

test('passwords are hashed one at a time, and a full queue refuses at once', async () => {
  const queue = boundedQueue({ atOnce: 1, waiting: 2, what: 'password checks' });
  const done: number[] = [];
  let finish = (): void => undefined;
  const first = queue.run(undefined, () => new Promise<void>((resolve) => (finish = () => resolve(void done.push(1)))));
  const others = [2, 3].map((n) => queue.run(undefined, async () => void done.push(n)));
  await assert.rejects(
    queue.run(undefined, async () => done.push(4)),
    { status: 503 },
  );
  finish();
  await Promise.all([first, ...others]);
  assert.deepEqual(done, [1, 2, 3]);
  await queue.run(undefined, async () => done.push(5));
});

test('over HTTPS cookies carry the prefix that no neighbouring host can set', async () => {
  const held = sessions(
    readConfig({ SESSION_SECRET: 'x'.repeat(32), PUBLIC_URL: 'https://sightline.example.org' } as Record<
      string,
      string
    > as NodeJS.ProcessEnv),
  );
  const cookie = await held.begin({ name: 'olga', groups: ['staff'] });
  assert.match(cookie, /^__Host-sightline-session=.*; Path=\/; .*; Secure$/);
  assert.deepEqual(await held.identify(cookie.split(';')[0]!), { name: 'olga', groups: ['staff'] });
  await assert.rejects(held.identify(cookie.split(';')[0]!.replace('__Host-', '')));
});
