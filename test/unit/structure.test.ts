/**
 * Holds the structure: who may import whom, and who may touch a driver.
 *
 * Read from the source text, not from a bundler's graph, so that a forbidden import fails here with its file and line
 * even when it would work.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = [
  'core/domain',
  'core/layout',
  'core/stores',
  'core/hbase',
  'core/process',
  'speed-layer',
  'batch-layer',
  'serving',
  'admin',
  'footage',
  'dashboard-next',
  'observe',
  'hadoop-compose',
];
const CORE = ['core/domain', 'core/layout', 'core/stores', 'core/hbase', 'core/process'];

/** From a room to the rooms that it may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/domain': [],
  'core/layout': ['core/domain'],
  'core/process': ['core/domain'],
  'core/hbase': ['core/layout', 'core/process'],
  'core/stores': ['core/domain', 'core/layout', 'core/process', 'core/hbase'],
  'speed-layer': CORE,
  'batch-layer': CORE,
  serving: CORE,
  'dashboard-next': ['serving', 'core/process', 'core/domain'],
  admin: CORE,
  observe: CORE,
  'hadoop-compose': [...CORE, 'serving', 'admin', 'observe'],
  // The agent brings its own Flume, as the stack brings its daemons.
  footage: [...CORE, 'hadoop-compose'],
};

const DRIVERS = [
  'node-rdkafka',
  'kafkajs',
  'hbase-rpc-client',
  'cassandra-driver',
  'webhdfs',
  'protobufjs',
  '@duckdb/node-api',
  'parquetjs',
];

/** The set-up of a laptop asks Kafka whether it is up, before there are any stores. */
const DRIVER_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'hadoop-compose/cluster/probes.ts': ['kafkajs'],
};

/** They make files that stand in this repository, with packages that production does not have. */
const GENERATORS = 'hadoop-compose/grafana/source/';

interface Import {
  readonly file: string;
  readonly line: number;
  readonly from: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['node_modules', '.next', 'sightline_cameras'].includes(entry.name) ? [] : sources(path);
    return /\.(ts|tsx)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    from: (match[1] ?? match[2] ?? match[3])!,
  }));
}

const dependenciesOf = (file: string): string[] =>
  Object.keys(
    (JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { dependencies: Record<string, string> }).dependencies,
  );

/** What `npm ci --omit=dev` installs by name; the app starts Next, which is the pages' own package. */
const productionPackages = [...dependenciesOf('package.json'), ...dependenciesOf('dashboard-next/package.json')];

function roomOf(path: string): string | undefined {
  return ROOMS.find((room) => path === room || path.startsWith(`${room}/`));
}

/** The circles in a graph: its strongly connected parts of two and more (Tarjan, 1972). */
function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const seen = new Map<string, { index: number; low: number }>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    const mine = { index: seen.size, low: seen.size };
    seen.set(node, mine);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const known = seen.get(next);
      if (known === undefined) mine.low = Math.min(mine.low, visit(next));
      else if (stack.includes(next)) mine.low = Math.min(mine.low, known.index);
    }
    if (mine.low === mine.index) {
      const circle = stack.splice(stack.indexOf(node));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return mine.low;
  };
  for (const node of graph.keys()) if (!seen.has(node)) visit(node);
  return circles;
}

/** Who imports whom, types too: files, or what `nameOf` makes of them. */
function importGraph(nameOf: (file: string) => string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { file, from } of imports) {
    const target = nameOf(relative(ROOT, resolve(ROOT, dirname(file), from)));
    const own = nameOf(file);
    if (!from.startsWith('.') || target === own) continue;
    graph.set(own, (graph.get(own) ?? new Set()).add(target));
  }
  return graph;
}

const imports = ROOMS.flatMap(sources).flatMap(importsOf);
const at = ({ file, line, from }: Import): string => `${file}:${line} imports ${from}`;

describe('the structure of the code', () => {
  it('is read from real imports', () => {
    assert.ok(imports.length > 100, `only ${imports.length} imports were found`);
  });

  it('lets imports go down only', () => {
    const forbidden = imports.filter(({ file, from }) => {
      if (!from.startsWith('.')) return false;
      const own = roomOf(file);
      const target = roomOf(relative(ROOT, resolve(ROOT, dirname(file), from)));
      return own !== undefined && target !== undefined && own !== target && !MAY_IMPORT[own]!.includes(target);
    });
    assert.deepEqual(forbidden.map(at), []);
  });

  it('has no circle of files, nor of folders, not even by types', () => {
    assert.deepEqual(circlesOf(importGraph((file) => file)), []);
    assert.deepEqual(circlesOf(importGraph(dirname)), []);
  });

  it('finds a circle', () => {
    const graph = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c', 'd'])],
      ['c', new Set(['a'])],
      ['d', new Set<string>()],
    ]);
    assert.deepEqual(circlesOf(graph), [['a', 'b', 'c']]);
  });

  it('keeps drivers inside core/stores, and the protocol of HBase inside core/hbase', () => {
    const forbidden = imports.filter(({ file, from }) => {
      const driver = DRIVERS.find((name) => from === name || from.startsWith(`${name}/`));
      return (
        driver &&
        !file.startsWith('core/stores/') &&
        !(file.startsWith('core/hbase/') && driver === 'protobufjs') &&
        !DRIVER_EXCEPTIONS[file]?.includes(driver)
      );
    });
    assert.deepEqual(forbidden.map(at), []);
  });

  it('lets what runs in production import packages of production only', () => {
    const run = [...imports, ...importsOf('sightline.ts'), ...importsOf('sightline.mjs')];
    const forbidden = run.filter(({ file, from }) => {
      if (file.startsWith(GENERATORS)) return false;
      if (from.startsWith('.') || from.startsWith('node:')) return false;
      const name = from
        .split('/')
        .slice(0, from.startsWith('@') ? 2 : 1)
        .join('/');
      return !productionPackages.includes(name);
    });
    assert.deepEqual(forbidden.map(at), []);
  });

  it('lets nothing that runs in production import what only makes files of this repository', () => {
    const forbidden = imports.filter(
      ({ file, from }) =>
        !file.startsWith(GENERATORS) &&
        from.startsWith('.') &&
        relative(ROOT, resolve(ROOT, dirname(file), from)).startsWith(GENERATORS),
    );
    assert.deepEqual(forbidden.map(at), []);
  });

  it('has in production what Next asks for when it builds the pages, though nothing imports it', () => {
    for (const name of ['typescript', '@types/node', '@types/react'])
      assert.ok(productionPackages.includes(name), name);
  });

  it('lets the domain import nothing but itself and Node', () => {
    const forbidden = imports.filter(
      ({ file, from }) => file.startsWith('core/domain/') && !from.startsWith('./') && !from.startsWith('node:'),
    );
    assert.deepEqual(forbidden.map(at), []);
  });
});
