/**
 * The real Maven behind a forward proxy: the settings that the set-up writes are the ones that it goes by.
 *
 * The proxy knows no host, so nothing leaves the machine and Maven fails; what counts is whom it asked.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { mavenProxyOptions } from '../../hadoop-compose/cluster/maven-proxy.ts';
import { findMaven } from '../../hadoop-compose/cluster/tools.ts';
import type { ForwardProxy } from '../support/forward-proxy.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';

const run = promisify(execFile);
const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version>
  <repositories><repository><id>central</id><url>https://repository.example/maven</url></repository></repositories>
  <pluginRepositories><pluginRepository><id>central</id><url>https://repository.example/maven</url></pluginRepository></pluginRepositories></project>`;
let folder: string;
let proxy: ForwardProxy;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-maven-'));
  await writeFile(join(folder, 'pom.xml'), POM);
  await writeFile(join(folder, 'own.xml'), '<settings></settings>');
  proxy = await startForwardProxy();
});

after(async () => {
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What Maven says while it looks, in vain, for a plugin. */
async function fetched(options: readonly string[]): Promise<string> {
  const args = [
    '-B',
    '-s',
    join(folder, 'own.xml'),
    ...options,
    '-f',
    join(folder, 'pom.xml'),
    `-Dmaven.repo.local=${join(folder, 'repository')}`,
    '-U',
    'dependency:tree',
  ];
  return run(await findMaven(), args, { timeout: 240_000 }).then(
    ({ stdout }) => stdout,
    (fault: { stdout: string }) => fault.stdout,
  );
}

test('Maven asks the proxy that HTTPS_PROXY names, with settings that only their owner can read', async () => {
  const file = join(folder, 'settings.xml');
  const options = await mavenProxyOptions(await findMaven(), file, {
    HTTPS_PROXY: proxy.url.replace('://', '://alice:secret@'),
  });
  assert.deepEqual(options, ['-gs', file]);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await readFile(file, 'utf8'), /<username>alice<\/username>/);
  const said = await fetched(options);
  assert.ok(proxy.asked.includes('CONNECT repository.example:443'), said);
});

test('what NO_PROXY names is asked directly, and without variables nothing is said to Maven', async () => {
  const before = proxy.asked.length;
  const options = await mavenProxyOptions(await findMaven(), join(folder, 'settings.xml'), {
    HTTPS_PROXY: proxy.url,
    no_proxy: '.example',
  });
  assert.match(await fetched(options), /repository\.example/);
  assert.equal(proxy.asked.length, before);
  assert.deepEqual(await mavenProxyOptions(await findMaven(), join(folder, 'none.xml'), {}), []);
  assert.deepEqual(
    await mavenProxyOptions(await findMaven(), join(folder, 'none.xml'), {
      HTTPS_PROXY: proxy.url,
      MAVEN_OPTS: '-Dhttps.proxyHost=p',
    }),
    [],
  );
});
