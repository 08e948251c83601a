/**
 * Who may look, at the real app: pages and data alike ask the gate, and an app that everybody could reach does not
 * start.
 *
 * Needs no stores: what is refused is refused before any of them is asked.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from '../../core/process/config.ts';
import { sessions } from '../../serving/access/session.ts';
import { userLine } from '../../serving/access/users.ts';
import type { AppProcess } from '../support/app-process.ts';
import { startApp } from '../support/app-process.ts';
import { ROOT } from '../support/main-job.ts';

const NOWHERE = { KAFKA_BROKERS: '127.0.0.1:1', HBASE_ZOOKEEPER: '127.0.0.1:1', WEBHDFS_URL: 'http://127.0.0.1:1' };
const PASSWORD = 'a password that nobody logs';
const headers = { authorization: `Basic ${Buffer.from(`vera:${PASSWORD}`).toString('base64')}` };
let app: AppProcess;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

before(async () => {
  app = await startApp({
    ...NOWHERE,
    AUTH: 'basic',
    AUTH_USERS: await userLine('vera', 'viewer', PASSWORD),
    LOG_LEVEL: 'trace',
  });
});

after(() => app?.stop());

test('nobody sees a page or an answer without a name', async () => {
  for (const path of [
    '/',
    '/?window=24h',
    '/no-such-page',
    '/api/v1/top-items',
    '/api/v1/stream',
    '/api/v1/export',
    '/api/v1/openapi.json',
    '/api/v1/nothing',
  ]) {
    const response = await fetch(app.address + path);
    assert.deepEqual(
      [response.status, response.headers.get('www-authenticate')],
      [401, 'Basic realm="Sightline", charset="UTF-8"'],
      path,
    );
    assert.doesNotMatch(await response.text(), /<html/i);
  }
  assert.equal((await fetch(`${app.address}/healthz`)).status, 200);
});

test('a page comes with a policy whose nonce is new each time, and with the usual headers', async () => {
  const nonces = new Set<string>();
  for (let time = 0; time < 2; time++) {
    const response = await fetch(app.address, { headers });
    assert.equal(response.status, 200);
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    nonces.add(nonce);
    assert.match(policy, /default-src 'self'.*object-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    const html = await response.text();
    assert.ok(html.includes(`nonce="${nonce}"`));
    assert.doesNotMatch(html, /api\/auth\/logout/, 'a browser that sends a password has no session to end');
    for (const [name, value] of [
      ['x-content-type-options', 'nosniff'],
      ['x-frame-options', 'DENY'],
      ['referrer-policy', 'same-origin'],
    ] as const)
      assert.equal(response.headers.get(name), value);
  }
  assert.equal(nonces.size, 2);
});

test('a viewer who asks for runs gets a 403; a made-up address or role changes nothing', async () => {
  const response = await fetch(`${app.address}/api/v1/runs`, {
    headers: { ...headers, 'x-sightline-peer': '127.0.0.1', 'x-sightline-role': 'operator' },
  });
  assert.equal(response.status, 403);
});

test('requests without credentials lock nobody out who comes from the same address', async () => {
  for (let asked = 0; asked < 310; asked++) assert.equal((await fetch(`${app.address}/api/v1/nothing`)).status, 401);
  assert.equal((await fetch(`${app.address}/api/v1/runs`, { headers })).status, 403);
});

test('neither passwords nor their hashes are in the log', async () => {
  await fetch(`${app.address}/api/v1/top-items`, { headers });
  assert.doesNotMatch(app.said(), /a password that|dmVyY|scrypt\$|Basic /);
});

test('without authentication a page of another site, whose name was made to point here, gets no answer', async () => {
  const open = await startApp({ ...NOWHERE });
  try {
    const statusFor = (host: string, path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        get(open.address + path, { headers: { host } }, (response) => resolve(response.resume().statusCode ?? 0)).on(
          'error',
          reject,
        );
      });
    assert.deepEqual(
      [await statusFor('rebound.example', '/'), await statusFor('rebound.example:3000', '/api/v1/openapi.json')],
      [421, 421],
    );
    assert.deepEqual(
      [await statusFor('localhost', '/api/v1/openapi.json'), await statusFor('rebound.example', '/healthz')],
      [200, 200],
    );
  } finally {
    await open.stop();
  }
});

test('an app that everybody could reach does not start without authentication', async () => {
  await assert.rejects(startApp({ ...NOWHERE, AUTH: 'none', BIND: '0.0.0.0' }), /ended with 2[\s\S]*AUTH=none/);
});

test('with an issuer a page leads to the sign-in and back to that page, and then has a link to sign out', async () => {
  const settings: Record<string, string> = {
    OIDC_ISSUER: 'http://127.0.0.1:1',
    OIDC_CLIENT_ID: 'sightline',
    PUBLIC_URL: 'http://127.0.0.1:3000',
    SESSION_SECRET: 's'.repeat(32),
    AUTH_OPERATORS: 'olga',
  };
  const signedBy = await startApp({ ...NOWHERE, AUTH: 'oidc', ...settings });
  try {
    const response = await fetch(`${signedBy.address}/trust?window=24h`, { redirect: 'manual' });
    const { pathname, search } = new URL(response.headers.get('location') ?? '', signedBy.address);
    assert.deepEqual([response.status, pathname + search], [303, '/api/auth/login?to=%2Ftrust%3Fwindow%3D24h']);
    const cookie = await sessions(readConfig(settings as NodeJS.ProcessEnv)).begin({ name: 'olga', groups: [] });
    const page = await fetch(`${signedBy.address}/trust`, { headers: { cookie: cookie.split(';')[0]! } });
    assert.match(await page.text(), /<a [^>]*href="\/api\/auth\/logout" title="Signed in as olga"/);
  } finally {
    await signedBy.stop();
  }
});

test('with a certificate of its own the app speaks HTTPS, shows metrics on their own port, and writes down who came', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-own-tls-'));
  const fixture = (name: string): string => join(ROOT, 'test', 'support', 'tls', name);
  const metricsPort = await freePort();
  const own = await startApp({
    ...NOWHERE,
    AUTH: 'basic',
    AUTH_USERS: await userLine('vera', 'viewer', PASSWORD),
    TLS_CERT_FILE: fixture('first.crt'),
    TLS_KEY_FILE: fixture('first.key'),
    METRICS_PORT: String(metricsPort),
    AUDIT_FILE: join(folder, 'audit.log'),
  });
  const ca = readFileSync(fixture('first.crt'));
  const ask = (
    path: string,
    asked: Record<string, string> = {},
  ): Promise<{ status: number; hsts: string | undefined }> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(own.address);
      // The name that is asked for is not a loopback one, so that browsers would be told to stay with HTTPS.
      getSecurely(
        {
          host: '127.0.0.1',
          port,
          path,
          ca,
          servername: 'localhost',
          agent: false,
          headers: { host: 'sightline.example.org', ...asked },
        },
        (response) => {
          resolve({ status: response.resume().statusCode ?? 0, hsts: response.headers['strict-transport-security'] });
        },
      ).on('error', reject);
    });
  try {
    assert.match(own.address, /^https:/);
    assert.deepEqual(await ask('/'), { status: 401, hsts: 'max-age=31536000' });
    assert.equal((await ask('/', headers)).status, 200);
    assert.equal((await ask('/api/v1/runs', headers)).status, 403);
    assert.equal((await ask('/metrics')).status, 404);
    await assert.rejects(fetch(own.address.replace('https:', 'http:')));
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(metrics, /sightline_api_requests_total\{route="\/api\/v1\/runs",status="403",process="serving"\} 1/);
    assert.match(metrics, /sightline_tls_certificate_ends_timestamp_seconds\{process="serving"\} 4\d{9}/);
  } finally {
    assert.equal(await own.stop(), 0);
  }
  const trail = readFileSync(join(folder, 'audit.log'), 'utf8');
  const lines = trail
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ event, who, from, status, route }) => [event, who, from, status, route]),
    [
      ['refused', null, '127.0.0.1', 401, 'page'],
      ['sign_in', 'vera', '127.0.0.1', undefined, undefined],
      ['refused', 'vera', '127.0.0.1', 403, '/api/v1/runs'],
    ],
  );
  assert.doesNotMatch(trail, /a password that|dmVyY|scrypt\$|Basic /);
  rmSync(folder, { recursive: true, force: true });
});
