/**
 * Behind `npm run sbom`: one list of everything that runs in production, in CycloneDX 1.5, with versions, hashes and
 * package URLs.
 *
 * The lock file of npm lists the node modules (`sbom-npm.ts`, without those of development), `stack/checksums` the jars
 * of the stack, `requirements.txt` the cameras' Python. The set-up installs from these files and checks by them, so the
 * list needs no network and no installation, and cannot say something else than what is installed.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { jarsOf } from '../stack/checksums.ts';
import { jarSetsOfStack } from '../stack/versions.ts';
import { npmModules } from './sbom-npm.ts';
import type { Component, Dependency, LockedPackages } from './sbom-npm.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Bom {
  readonly metadata: { readonly component: Component; readonly [more: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
  readonly [more: string]: unknown;
}

/** A jar that several sets hold is one component. */
function jarComponents(): Component[] {
  const found = new Map<string, Component>();
  for (const { coordinates, sha256 } of jarSetsOfStack.flatMap((set) => jarsOf(set))) {
    const [group = '', name = '', version = '', classifier] = coordinates.split(':');
    const purl = `pkg:maven/${group}/${name}@${version}?${classifier ? `classifier=${classifier}&` : ''}type=jar`;
    const before = found.get(purl)?.hashes?.[0]?.content;
    if (before !== undefined && before !== sha256)
      throw new Refusal(
        EXIT.data_check_failed,
        `${coordinates} has two checksums in hadoop-compose/stack/checksums: ${before} and ${sha256}`,
      );
    found.set(purl, {
      'bom-ref': purl,
      type: 'library',
      group,
      name,
      version,
      purl,
      scope: 'required',
      hashes: [{ alg: 'SHA-256', content: sha256 }],
    });
  }
  return [...found.values()];
}

/** A release of a Python package has a file for each platform, and so several hashes. */
export function pythonComponents(requirements: string): Component[] {
  const lines = requirements
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Za-z0-9]/.test(line));
  return lines.map((line) => {
    const [, name = '', version = ''] = /^([A-Za-z0-9._-]+)==(\S+)/.exec(line) ?? [];
    const purl = `pkg:pypi/${name.toLowerCase().replaceAll(/[._]/g, '-')}@${version}`;
    const hashes = [...line.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, content]) => ({
      alg: 'SHA-256',
      content: content!,
    }));
    return { 'bom-ref': purl, type: 'library', name, version, purl, scope: 'required', hashes };
  });
}

export async function makeBom(): Promise<Bom> {
  const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8');
  const product = JSON.parse(await read('package.json')) as { name: string; version: string; description: string };
  const modules = npmModules((JSON.parse(await read('package-lock.json')) as { packages: LockedPackages }).packages);
  const others = [...jarComponents(), ...pythonComponents(await read('hadoop-compose/cameras/requirements.txt'))];
  const ref = `pkg:npm/${product.name}@${product.version}`;
  const refsOf = (components: readonly Component[]): string[] => components.map((component) => component['bom-ref']);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      lifecycles: [{ phase: 'pre-build' }],
      component: {
        'bom-ref': ref,
        type: 'application',
        name: product.name,
        version: product.version,
        description: product.description,
        purl: ref,
      },
    },
    components: [...modules.components, ...others],
    dependencies: [
      { ref, dependsOn: [...modules.direct, ...refsOf(others)] },
      ...modules.dependencies,
      ...refsOf(others).map((other) => ({ ref: other, dependsOn: [] })),
    ],
  };
}

async function write({ out }: { out?: string }): Promise<void> {
  const bom = await makeBom();
  const text = `${JSON.stringify(bom, null, 2)}\n`;
  if (out === '-') return void process.stdout.write(text);
  const file = resolve(out ?? join(process.env.SIGHTLINE_HOME || join(root, '.sightline'), 'sbom.cdx.json'));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  process.stderr.write(`${bom.components.length} components are in ${file}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await new Command('npm run sbom --')
    .description('writes all components of production as a CycloneDX 1.5 document')
    .option(
      '--out <file>',
      'where to (default: .sightline/sbom.cdx.json; - for standard output, with npm run --silent)',
    )
    .action((options: { out?: string }) => runCommand(() => write(options)))
    .parseAsync();
}
