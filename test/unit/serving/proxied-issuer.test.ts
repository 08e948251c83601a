/**
 * An issuer that only the network's forward proxy can reach: every step of the sign-in goes through the proxy, and
 * nothing else does.
 *
 * Proxy, issuer and certificate are real; the sign-in runs in a process of its own, which trusts the certificate from
 * its start.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { startIssuer } from '../../support/issuer.ts';

const run = promisify(execFile);
const HOST = 'issuer.example';
const PUBLIC_URL = 'http://127.0.0.1:3000';
const folder = mkdtempSync(join(tmpdir(), 'sightline-issuer-'));
const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
const client = { id: 'sightline', secret: 'a secret of the client', redirectUri: `${PUBLIC_URL}/api/auth/callback` };
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

execFileSync(
  'openssl',
  [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${HOST}`,
    '-addext',
    `subjectAltName=DNS:${HOST}`,
    '-keyout',
    key,
    '-out',
    cert,
  ],
  { stdio: 'ignore' },
);
const issuer = await startIssuer(client, 'vera', {
  elsewhere: { url: `https://${HOST}`, key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
});
const proxy = await startForwardProxy({ [`${HOST}:443`]: { host: '127.0.0.1', port: issuer.port } });
after(async () => {
  await Promise.all([issuer.close(), proxy.close()]);
  rmSync(folder, { recursive: true, force: true });
});

function signIn(environment: Record<string, string>): Promise<{ stdout: string }> {
  const settings = {
    AUTH: 'oidc',
    OIDC_ISSUER: issuer.url,
    OIDC_CLIENT_ID: client.id,
    OIDC_CLIENT_SECRET: client.secret,
    PUBLIC_URL,
    OIDC_VIEWER_GROUPS: '*',
    SESSION_SECRET: 'a secret of thirty-two characters or more',
  };
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    NODE_EXTRA_CA_CERTS: cert,
    ...settings,
    ...environment,
  };
  return run(process.execPath, ['--import', 'tsx', 'test/support/sign-in-child.ts'], {
    cwd: ROOT,
    env: env as NodeJS.ProcessEnv,
    timeout: 60_000,
  });
}

test('the whole sign-in goes through the proxy', async () => {
  const { stdout } = await signIn({ https_proxy: proxy.url, NO_PROXY: 'other.example' });
  assert.equal(stdout, 'vera\n');
  assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${HOST}:443`]);
});

test('without a proxy, and where NO_PROXY names the issuer, the proxy is not asked', async () => {
  const before = proxy.asked.length;
  for (const environment of [{}, { HTTPS_PROXY: proxy.url, NO_PROXY: '.example' }] as Record<string, string>[]) {
    await assert.rejects(signIn(environment), /does not answer with its OpenID configuration/);
  }
  assert.equal(proxy.asked.length, before);
});

test('a variable that names no HTTP proxy is refused before anybody signs in', async () => {
  await assert.rejects(
    signIn({ HTTPS_PROXY: 'socks5://127.0.0.1:1' }),
    /HTTPS_PROXY is socks5:\/\/…; expected http:\/\/host:port/,
  );
});
