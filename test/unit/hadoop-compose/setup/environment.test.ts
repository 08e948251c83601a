// What every program inherits from the start: no proxy for this machine, a locale that Java can read paths in, and the
// right Node.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

type Environment = Record<string, string | undefined>;
const { settleProxies, settlePath, settleLocale } = (await import(
  new URL('../../../../hadoop-compose/setup/environment.mjs', import.meta.url).href
)) as {
  settleProxies: (environment: Environment) => void;
  settlePath: (environment: Environment, running: string) => void;
  settleLocale: (environment: Environment, paths: string[], installed: () => string[]) => void;
};

const folder = mkdtempSync(join(tmpdir(), 'sightline-environment-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function settled(settle: (environment: Environment) => void, given: Environment): Environment {
  const environment = { ...given };
  settle(environment);
  return environment;
}

test('where there is a proxy, both spellings say so and except this machine', () => {
  const { NO_PROXY, no_proxy, ...rest } = settled(settleProxies, {
    https_proxy: 'http://p:1',
    NO_PROXY: '.example.org, 10.0.0.0/8',
  });
  assert.deepEqual(rest, { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://p:1' });
  assert.equal(NO_PROXY, '.example.org,10.0.0.0/8,localhost,127.0.0.1,127.0.0.0/8,::1,[::1]');
  assert.equal(no_proxy, NO_PROXY);
});

test('where there is none, nothing is set; where nothing is to go through it, nothing is added', () => {
  assert.deepEqual(settled(settleProxies, { HTTP_PROXY: '', NO_PROXY: 'x' }), { HTTP_PROXY: '', NO_PROXY: 'x' });
  assert.equal(settled(settleProxies, { HTTP_PROXY: 'http://p:1', NO_PROXY: '*' }).no_proxy, '*');
});

test('ALL_PROXY is said again in the words that npm, pip and apt-get read', () => {
  assert.equal(settled(settleProxies, { all_proxy: 'http://p:1' }).HTTPS_PROXY, 'http://p:1');
  assert.equal(settled(settleProxies, { all_proxy: 'http://p:1', http_proxy: 'http://q:2' }).HTTP_PROXY, 'http://q:2');
  assert.equal(settled(settleProxies, { ALL_PROXY: 'socks5://p:1' }).HTTPS_PROXY, undefined);
});

test('the Node that runs comes first on PATH unless it is first there already', () => {
  for (const name of ['a', 'b', 'links']) mkdirSync(join(folder, name));
  for (const name of ['a', 'b']) {
    writeFileSync(join(folder, name, 'node'), '');
    chmodSync(join(folder, name, 'node'), 0o755);
  }
  symlinkSync(join(folder, 'a', 'node'), join(folder, 'links', 'node'));
  const path = (given: string): string | undefined =>
    settled((environment) => settlePath(environment, join(folder, 'a', 'node')), { PATH: given }).PATH;
  const [a, b, links] = ['a', 'b', 'links'].map((name) => join(folder, name));
  assert.equal(path(`/java:${links}:${b}`), `/java:${links}:${b}`);
  assert.equal(path(`/java:${b}:${a}`), `${a}:/java:${b}:${a}`);
  assert.equal(path('/java'), `${a}:/java`);
});

test(
  'letters beyond ASCII in a path want a UTF-8 locale that is installed',
  { skip: process.platform !== 'linux' },
  () => {
    const locale = (given: Environment, installed: string[], path = '/srv/größe'): Environment =>
      settled((environment) => settleLocale(environment, ['', path], () => installed), given);
    const installed = ['C', 'C.utf8', 'de_DE.utf8', 'POSIX'];
    assert.deepEqual(locale({}, installed), { LC_ALL: 'C.utf8' });
    assert.deepEqual(locale({ LANG: 'C' }, installed), { LANG: 'C', LC_ALL: 'C.utf8' });
    assert.deepEqual(locale({ LANG: 'de_DE.UTF-8' }, installed), { LANG: 'de_DE.UTF-8' });
    assert.deepEqual(
      locale({ LANG: 'fr_FR.UTF-8' }, installed),
      { LANG: 'fr_FR.UTF-8', LC_ALL: 'C.utf8' },
      'named, but not installed',
    );
    assert.deepEqual(locale({ LC_ALL: 'de_DE.ISO-8859-1' }, ['de_DE', 'en_US.utf8']), { LC_ALL: 'en_US.utf8' });
    assert.deepEqual(locale({ LANG: 'C' }, [], '/srv/plain'), { LANG: 'C' }, 'a plain path needs none');
    assert.throws(
      () => locale({ LANG: 'C' }, ['C', 'POSIX']),
      (fault) =>
        (fault as { exitCode: number }).exitCode === 2 && /größe.*no UTF-8 locale/.test((fault as Error).message),
    );
  },
);
