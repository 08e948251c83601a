// Modules that another Node's set-up left are noticed by what was compiled, before anything of them is loaded.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

type Environment = Record<string, string | undefined>;
const { nodeFault, modulesFault, compilerEnvironment } = (await import(
  new URL('../../../../hadoop-compose/setup/native.mjs', import.meta.url).href
)) as {
  nodeFault: (version: string) => string | null;
  modulesFault: (root: string, abi?: string, version?: string) => string | null;
  compilerEnvironment: (environment: Environment, running: string, abi: string) => Environment;
};

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sightline-native-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A clone whose node_modules are a few names, and whose librdkafka says that it was compiled for an ABI. */
function cloneCompiledFor(abi: string | null): string {
  const root = mkdtempSync(join(folder, 'clone-'));
  for (const name of ['tsx', 'commander', 'node-rdkafka']) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'package.json'), '{}');
  }
  if (abi === null) return root;
  mkdirSync(join(root, 'node_modules', 'node-rdkafka', 'build', 'Release'), { recursive: true });
  writeFileSync(join(root, 'node_modules', 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node'), '');
  writeFileSync(
    join(root, 'node_modules', 'node-rdkafka', 'build', 'config.gypi'),
    `# made\n{ "variables": {\n    "node_module_version": ${abi},\n } }`,
  );
  return root;
}

test('the lines of Node that were tried are taken, others are refused by name', () => {
  for (const version of ['20.19.0', '20.20.2', '22.13.0', '22.20.0', '24.0.0', '24.19.0', '26.1.0'])
    assert.equal(nodeFault(version), null, version);
  for (const version of ['18.20.0', '20.18.1', '21.7.0', '22.12.0', '23.11.0'])
    assert.match(nodeFault(version)!, new RegExp(`^Node is ${version.replaceAll('.', '\\.')}; needed is 20\\.19`));
});

test('modules compiled for the Node that runs are in order; the real ones of this clone are', () => {
  assert.equal(modulesFault(cloneCompiledFor('137'), '137', '24.19.0'), null);
  assert.equal(modulesFault(repository), null);
});

test('modules of another Node, in either direction, and modules that are not there are told in a sentence', () => {
  assert.match(
    modulesFault(cloneCompiledFor('115'), '137', '24.19.0')!,
    /node-rdkafka was compiled for another Node \(line 20, ABI 115\); this is Node 24\.19\.0 \(line 24, ABI 137\)/,
  );
  assert.match(
    modulesFault(cloneCompiledFor('137'), '115', '20.20.2')!,
    /another Node \(line 24, ABI 137\); this is Node 20\.20\.2/,
  );
  assert.match(modulesFault(cloneCompiledFor(null), '137', '24.19.0')!, /node-rdkafka is not compiled/);
  assert.match(modulesFault(mkdtempSync(join(folder, 'empty-')), '137', '24.19.0')!, /Node modules are not installed/);
});

test('the command line says so with the remedy and exit code 5, and shows no stack trace', () => {
  const root = cloneCompiledFor('1');
  symlinkSync(join(repository, 'hadoop-compose'), join(root, 'hadoop-compose'));
  cpSync(join(repository, 'sightline.mjs'), join(root, 'sightline.mjs'));
  const { status, stderr } = spawnSync(process.execPath, ['sightline.mjs', 'speed'], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 5, stderr);
  assert.match(stderr, /^node-rdkafka was compiled for another Node \(ABI 1\).*\n.*npm run setup\n$/);
});

test('what compiles takes the headers of the Node that runs, one job at a time', () => {
  const [own, other] = ['own', 'other'].map((name) => join(folder, name));
  for (const [prefix, abi] of [
    [own, '137'],
    [other, '115'],
  ] as const) {
    mkdirSync(join(prefix!, 'include', 'node'), { recursive: true });
    writeFileSync(join(prefix!, 'include', 'node', 'node_version.h'), `#define NODE_MODULE_VERSION ${abi}\n`);
  }
  const given = { MAKEFLAGS: '-j8', JOBS: 'max', npm_config_jobs: 'max', npm_config_nodedir: other };
  const serial = { MAKEFLAGS: '', JOBS: '1', npm_package_config_node_gyp_jobs: '1', NODE_ENV: 'development' };
  assert.deepEqual(compilerEnvironment(given, join(own!, 'bin', 'node'), '137'), {
    ...serial,
    npm_config_nodedir: own,
  });
  assert.deepEqual(
    compilerEnvironment(given, '/nowhere/bin/node', '137'),
    serial,
    'headers of another Node are not taken',
  );
  assert.deepEqual(compilerEnvironment(given, '/nowhere/bin/node', '115'), { ...serial, npm_config_nodedir: other });
});
