/**
 * TLS in the server itself, asked by a real TLS client: what is refused before it listens, and a pair that changes
 * while it serves.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../../../core/process/config.ts';
import { Refusal } from '../../../../core/process/errors.ts';
import { checkAccess } from '../../../../serving/access/settings.ts';
import { connectionsOf } from '../../../../serving/server/connections.ts';
import { servingMetrics } from '../../../../serving/metrics.ts';
import { readPair, serverFor, watchPair } from '../../../../serving/server/tls.ts';

const FIXTURES = fileURLToPath(new URL('../../../support/tls/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sightline-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
const put = (cert: string, key = cert): void => {
  copyFileSync(join(FIXTURES, `${cert}.crt`), files.certFile);
  copyFileSync(join(FIXTURES, `${key}.key`), files.keyFile);
};
const YEAR_MS = 365 * 86_400_000;

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (fault) {
    assert.ok(fault instanceof Refusal && fault.exitCode === 2);
    assert.doesNotMatch(fault.message, /PRIVATE KEY|MHc|MIGH/);
    return fault.message;
  }
  assert.fail('it was taken');
}

test('a pair that cannot be served with is refused with exit code 2 and the reason', () => {
  put('first');
  assert.ok(readPair(files, Date.now()).endsAt > Date.now() + 50 * YEAR_MS);
  assert.match(
    refusalOf(() => readPair(files, Date.now() + 200 * YEAR_MS)),
    /expired on .* 21/,
  );
  assert.match(
    refusalOf(() => readPair(files, Date.now() - 20 * YEAR_MS)),
    /is valid from/,
  );
  put('first', 'second');
  assert.match(
    refusalOf(() => readPair(files, Date.now())),
    /TLS_KEY_FILE .* is not the key of the certificate/,
  );
  writeFileSync(files.keyFile, 'no key');
  assert.match(
    refusalOf(() => readPair(files, Date.now())),
    /TLS_KEY_FILE .* is not valid; a private key/,
  );
  writeFileSync(files.certFile, 'no certificate');
  assert.match(
    refusalOf(() => readPair(files, Date.now())),
    /TLS_CERT_FILE .* is not valid; a certificate/,
  );
  rmSync(files.certFile);
  assert.match(
    refusalOf(() => readPair(files, Date.now())),
    /TLS_CERT_FILE .* cannot be read \(ENOENT/,
  );
});

test('both files or none, and a PUBLIC_URL that fits', () => {
  const check = (environment: Record<string, string>): string =>
    refusalOf(() => checkAccess(readConfig(environment as NodeJS.ProcessEnv)));
  assert.match(check({ TLS_CERT_FILE: '/a' }), /must be set together; only TLS_CERT_FILE is set/);
  assert.match(check({ TLS_KEY_FILE: '/a' }), /must be set together; only TLS_KEY_FILE is set/);
  assert.match(
    check({ TLS_CERT_FILE: '/a', TLS_KEY_FILE: '/b', PUBLIC_URL: 'http://localhost:3000' }),
    /PUBLIC_URL is http:\/\//,
  );
  checkAccess(
    readConfig({
      TLS_CERT_FILE: '/a',
      TLS_KEY_FILE: '/b',
      PUBLIC_URL: 'https://localhost:3000',
    } as unknown as NodeJS.ProcessEnv),
  );
});

interface Answer {
  readonly commonName: string;
  readonly text: string;
}

function ask(port: number, trusted: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, ca: readFileSync(join(FIXTURES, `${trusted}.crt`)), agent: false },
      (response) => {
        const commonName = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
        let text = '';
        response
          .on('data', (chunk: Buffer) => (text += chunk.toString()))
          .on('end', () => resolve({ commonName, text }));
      },
    );
    asked.on('error', reject).end();
  });
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isSo(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isSo());
}

test('another pair is served without a restart; one that does not fit changes nothing and is told', async () => {
  put('first');
  const pair = readPair(files, Date.now());
  const server = serverFor(pair, (_, response) => response.end('served')) as Server;
  const connections = connectionsOf(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const metrics = servingMetrics();
  const lines: string[] = [];
  const log = {
    info: (_: unknown, text: string) => lines.push(text),
    error: (_: unknown, text: string) => lines.push(text),
  };
  const watch = watchPair(server, pair, { metrics, log: log as never, now: Date.now }, 10);
  try {
    assert.deepEqual(await ask(port, 'first'), { commonName: 'sightline-test-first', text: 'served' });
    await assert.rejects(ask(port, 'second'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    put('second');
    await until(() => lines.length === 1);
    assert.deepEqual(await ask(port, 'second'), { commonName: 'sightline-test-second', text: 'served' });
    put('first', 'second');
    await until(() => lines.length === 2);
    assert.equal((await ask(port, 'second')).commonName, 'sightline-test-second');
    assert.deepEqual(lines, [
      'the server has taken a new certificate',
      'the server has refused a changed certificate or key and keeps the previous one',
    ]);
    const text = await metrics.registry.metrics();
    assert.match(text, /sightline_tls_certificate_reads_total\{outcome="taken",process="serving"\} 1\n/);
    assert.match(text, /sightline_tls_certificate_reads_total\{outcome="refused",process="serving"\} 1\n/);
    put('first');
    await until(() => lines.length === 3);
    assert.equal((await ask(port, 'first')).commonName, 'sightline-test-first');
  } finally {
    watch.stop();
    await connections.close({ streamMs: 50, answerMs: 500 });
  }
});

test('an old version of TLS is refused', async () => {
  put('first');
  const server = serverFor(readPair(files, Date.now()), (_, response) => response.end('served')) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await assert.rejects(
    new Promise((resolve, reject) => {
      const socket = connect(
        { host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
        () => resolve(socket.destroy()),
      );
      socket.on('error', reject);
    }),
  );
  await new Promise((resolve) => server.close(resolve));
});

test('a TLS server closes too while a connection rests, and while one has not greeted yet', async () => {
  put('first');
  const server = serverFor(readPair(files, Date.now()), (_, response) => response.end('served')) as Server;
  server.keepAliveTimeout = 60_000;
  const connections = connectionsOf(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const resting = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  resting.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => resting.once('data', resolve));
  const silent = (await import('node:net')).connect({ host: '127.0.0.1', port });
  silent.on('error', () => undefined);
  await new Promise((resolve) => silent.once('connect', resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const beganAt = performance.now();
  await connections.close({ streamMs: 50, answerMs: 300 });
  assert.ok(performance.now() - beganAt < 5_000);
});
