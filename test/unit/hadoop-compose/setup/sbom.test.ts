// The list of components is a valid CycloneDX document, and holds every package, jar and wheel that production
// installs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { Ajv } from 'ajv';
import { jarsOf } from '../../../../hadoop-compose/stack/checksums.ts';
import { jarSetsOfStack } from '../../../../hadoop-compose/stack/versions.ts';
import type { Bom } from '../../../../hadoop-compose/setup/sbom.ts';
import { makeBom, pythonComponents } from '../../../../hadoop-compose/setup/sbom.ts';

const schema = (name: string): object =>
  JSON.parse(
    readFileSync(new URL(`../../../support/cyclonedx/${name}.schema.json`, import.meta.url), 'utf8').replaceAll(
      '.SNAPSHOT.schema.json',
      '.schema.json',
    ),
  ) as object;
const read = (file: string): string => readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
let bom: Bom;
before(async () => {
  bom = await makeBom();
});

test('it is what the schema of CycloneDX 1.5 asks for', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  for (const name of ['spdx', 'jsf-0.82']) ajv.addSchema(schema(name));
  const isValid = ajv.compile(schema('bom-1.5'));
  assert.ok(isValid(bom), JSON.stringify(isValid.errors?.slice(0, 5), null, 2));
});

test('each component has a name of its own, a package URL, and hashes, and whatever is named as a dependency is in the list', () => {
  const refs = [bom.metadata.component, ...bom.components].map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  for (const { purl, hashes } of bom.components) {
    assert.match(purl, /^pkg:(npm|maven|pypi)\/[^@]+@[^@]+$/, purl);
    assert.ok((hashes ?? []).length > 0, purl);
  }
  for (const { ref, dependsOn } of bom.dependencies)
    for (const one of [ref, ...(dependsOn ?? [])]) assert.ok(refs.includes(one), one);
});

test('it holds all of production and nothing of development, under the name of the product', () => {
  assert.equal(bom.metadata.component.name, 'sightline');
  const purls = new Set(bom.components.map(({ purl }) => purl));
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { name?: string; version: string; dev?: boolean; link?: boolean }>;
  };
  const wanted = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link,
  );
  const components = bom.components
    .filter(({ purl }) => purl.startsWith('pkg:npm/'))
    .map(({ name, version }) => `${name}@${version}`);
  for (const [path, { version }] of wanted) {
    const name = path.split('node_modules/').at(-1)!;
    assert.ok(components.includes(`${packages[path]!.name ?? name}@${version}`), `${name}@${version}`);
  }
  assert.ok(![...purls].some((purl) => /hbase-rpc-client|eslint|playwright/.test(purl)));
  const jars = new Set(jarSetsOfStack.flatMap((set) => jarsOf(set)).map(({ coordinates }) => coordinates));
  assert.equal(bom.components.filter(({ purl }) => purl.startsWith('pkg:maven/')).length, jars.size);
  const python = pythonComponents(read('hadoop-compose/cameras/requirements.txt'));
  assert.ok(python.length > 30 && python.every(({ purl }) => purls.has(purl)));
});
