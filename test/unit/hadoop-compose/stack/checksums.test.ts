// A jar set is kept only if it is, to the byte, what was written down; what was written down covers every pin.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { faultsOfJars, jarSetNames, jarsOf, textOfJars } from '../../../../hadoop-compose/stack/checksums.ts';
import { ClusterError } from '../../../../hadoop-compose/stack/errors.ts';
import { fetchJars } from '../../../../hadoop-compose/cluster/jars.ts';
import { jarFolder } from '../../../../hadoop-compose/stack/stack.ts';
import { pins } from '../../../../hadoop-compose/stack/versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-checksums-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('every set names its jars, each with a checksum and coordinates, every pin among them', () => {
  for (const set of jarSetNames) {
    const jars = jarsOf(set);
    // A set whose pins all stand alone brings nothing else.
    const isAlone = pins[set].every((pin) => pin.endsWith(':alone'));
    assert.ok(isAlone ? jars.length === pins[set].length : jars.length > 25, `${set}: ${jars.length}`);
    for (const { sha256: sum, file, coordinates } of jars) {
      assert.match(sum, /^[0-9a-f]{64}$/, file);
      const [, artifact, version, classifier] = coordinates.split(':');
      assert.equal(file, `${artifact}-${version}${classifier ? `-${classifier}` : ''}.jar`);
    }
    const pinned = pins[set].map((pin) => pin.replace(/:alone$/, ''));
    for (const pin of pinned)
      assert.ok(
        jars.some(({ coordinates }) => coordinates === pin),
        `${pin} of ${set}; npm run lock:jars`,
      );
    assert.equal(
      jars.filter(({ file }) => /^zookeeper-\d/.test(file)).every(({ coordinates }) => pinned.includes(coordinates)),
      true,
      `${set} holds another ZooKeeper`,
    );
  }
});

test('a changed, a missing and a further jar are each named', async () => {
  const jars = join(folder, 'jars');
  mkdirSync(jars);
  for (const [file, text] of [
    ['a-1.jar', 'changed'],
    ['c-1.jar', 'c'],
    ['d-1.jar', 'd'],
  ] as const)
    writeFileSync(join(jars, file), text);
  const expected = ['a', 'b', 'c'].map((name) => ({
    sha256: sha256(name),
    file: `${name}-1.jar`,
    coordinates: `g:${name}:1`,
  }));
  assert.deepEqual(await faultsOfJars(jars, 'kafka', expected), [
    'b-1.jar is missing',
    `a-1.jar has the sha256 ${sha256('changed')}, expected was ${sha256('a')}`,
    `d-1.jar is not in the list (its sha256 is ${sha256('d')})`,
  ]);
  assert.deepEqual(
    await faultsOfJars(jars, 'kafka', [
      { ...expected[2]! },
      ...['a-1.jar', 'd-1.jar'].map((file) => ({
        sha256: sha256(file === 'a-1.jar' ? 'changed' : 'd'),
        file,
        coordinates: 'g:x:1',
      })),
    ]),
    [],
  );
  assert.equal(textOfJars(expected.slice(0, 1)), `${sha256('a')}  a-1.jar  g:a:1\n`);
});

test('what another repository serves is refused with exit code 5, and nothing of it is kept', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const maven = [
    '#!/bin/sh',
    'for arg in "$@"; do case "$arg" in -DoutputDirectory=*) out="${arg#*=}";; esac; done',
    '[ -z "$out" ] && exit 0',
    'mkdir -p "$out" && echo other > "$out/kafka-clients-0.0.1.jar"',
  ];
  writeFileSync(join(bin, 'mvn'), `${maven.join('\n')}\n`);
  chmodSync(join(bin, 'mvn'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${bin}${delimiter}${path}`;
  try {
    const stack = { jarsFolder: join(folder, 'kept') };
    await assert.rejects(
      fetchJars(stack, () => undefined, undefined, ['kafka']),
      (fault) => {
        assert.ok(fault instanceof ClusterError && fault.exitCode === 5);
        assert.match(fault.message, /checksums\/kafka\.txt; nothing was kept:\n {2}[\w.-]+\.jar is missing/);
        assert.match(fault.message, /and \d+ more\nRemove such a jar from the local repository of Maven/);
        return true;
      },
    );
    assert.ok(!existsSync(jarFolder(stack, 'kafka')));
    assert.deepEqual(readdirSync(stack.jarsFolder), []);
  } finally {
    process.env.PATH = path;
  }
});
