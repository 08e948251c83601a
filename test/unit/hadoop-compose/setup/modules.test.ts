// Packages run no scripts but those that are allowed by name, and the set-up sees which part of the lock file is
// installed.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

type Package = {
  version?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
};
type Packages = Record<string, Package>;

const setup = (file: string): Promise<unknown> =>
  import(new URL(`../../../../hadoop-compose/setup/${file}`, import.meta.url).href);
const { installedPart, omitsDev } = (await setup('installed.mjs')) as {
  installedPart: (root: string) => string | null;
  omitsDev: (environment: Record<string, string>) => boolean;
};
const { scriptsAllowed } = (await setup('modules.mjs')) as { scriptsAllowed: (root: string) => string[] };
const { COMPILED, COMPILED_ON_DEMAND } = (await setup('native.mjs')) as Record<
  'COMPILED' | 'COMPILED_ON_DEMAND',
  string[]
>;

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sightline-modules-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('no package runs a script when it is installed, and those that would like to are decided about by name', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Packages };
  const eager = Object.keys(packages)
    .filter((path) => packages[path]!.hasInstallScript)
    .map((path) => path.split('node_modules/').at(-1)!);
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
  assert.deepEqual([...new Set(eager)].sort(), Object.keys(allowScripts).sort());
  assert.deepEqual(
    scriptsAllowed(repository),
    [...COMPILED, ...COMPILED_ON_DEMAND],
    'what is allowed is what must be compiled, by the set-up or by who needs it',
  );
});

const LOCKED: Packages = {
  '': {},
  'node_modules/app': { link: true },
  'node_modules/zod': { version: '4.0.0', integrity: 'sha512-z' },
  'node_modules/zod/node_modules/deep': { version: '1.0.0', integrity: 'sha512-d' },
  'node_modules/for-another-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true },
  'node_modules/eslint': { version: '10.0.0', integrity: 'sha512-e', dev: true },
};

/** A clone with this lock file, in which npm has installed these packages; null: npm has not come to its end. */
function cloneWith(installed: Packages | null): string {
  const root = mkdtempSync(join(folder, 'clone-'));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: LOCKED }));
  mkdirSync(join(root, 'node_modules'));
  if (installed)
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return root;
}

const pick = (...names: string[]): Packages => Object.fromEntries(['', ...names].map((path) => [path, LOCKED[path]!]));
const production = pick('node_modules/zod', 'node_modules/zod/node_modules/deep');
const eslint = LOCKED['node_modules/eslint'];
const all: Packages = { ...production, 'node_modules/eslint': eslint! };

test('all packages, those of production alone, and an installation that broke off are told apart', () => {
  assert.equal(installedPart(cloneWith(all)), 'all');
  assert.equal(installedPart(cloneWith(production)), 'production');
  assert.equal(installedPart(cloneWith(null)), null);
  assert.equal(installedPart(mkdtempSync(join(folder, 'empty-'))), null);
});

test('another version, another hash or a missing package of production means installing anew', () => {
  for (const [path, change] of [
    ['node_modules/zod', { version: '4.0.1' }],
    ['node_modules/zod/node_modules/deep', { integrity: 'sha512-x' }],
  ] as const) {
    assert.equal(installedPart(cloneWith({ ...all, [path]: { ...LOCKED[path], ...change } })), null, path);
  }
  assert.equal(
    installedPart(cloneWith(Object.fromEntries(Object.entries(all).filter(([path]) => path !== 'node_modules/zod')))),
    null,
  );
  assert.equal(
    installedPart(cloneWith({ ...all, 'node_modules/eslint': { ...eslint!, version: '9.0.0' } })),
    'production',
    'what runs in production is there as it should be',
  );
});

test('this clone is installed as its lock file says', () => {
  assert.equal(installedPart(repository), 'all');
});

test('packages of development are left away where npm or the environment was told so', () => {
  for (const environment of [
    { npm_config_omit: 'dev' },
    { npm_config_omit: 'optional dev' },
    { NODE_ENV: 'production' },
  ])
    assert.ok(omitsDev(environment as Record<string, string>), JSON.stringify(environment));
  for (const environment of [
    {},
    { npm_config_omit: 'optional' },
    { NODE_ENV: 'development' },
    { npm_config_omit: 'dev', npm_config_include: 'dev' },
  ])
    assert.ok(!omitsDev(environment as Record<string, string>), JSON.stringify(environment));
});
