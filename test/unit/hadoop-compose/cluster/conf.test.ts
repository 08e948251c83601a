// What is written for the daemons: well-formed, on loopback only, on the ports of the stack, with bounded logs.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Refusal } from '../../../../core/process/errors.ts';
import { confFiles } from '../../../../hadoop-compose/cluster/conf/write.ts';
import { settingsProperties, settingsXml } from '../../../../hadoop-compose/cluster/conf/xml.ts';
import { daemonsOf } from '../../../../hadoop-compose/cluster/daemons-of.ts';
import { javaArgs } from '../../../../hadoop-compose/cluster/launch.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import { stackFrom } from '../../../../hadoop-compose/stack/stack.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';

const stack: Stack = {
  folder: '/somewhere/stack',
  jarsFolder: '/somewhere/jars',
  ports: portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000' }),
};

const daemons = daemonsOf(stack);
const ofDaemons = daemons.flatMap(({ ports }) => ports);

test('every port of the stack appears in its configuration, and no port of another stack', () => {
  const text = Object.values(confFiles(stack)).join('\n');
  for (const name of ofDaemons) assert.ok(text.includes(String(stack.ports[name])), `${name} is configured`);
  const moved = Object.values(confFiles({ ...stack, ports: portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '20000' }) })).join(
    '\n',
  );
  for (const name of ofDaemons) assert.ok(!moved.includes(`:${stack.ports[name]}`), `${name} moved`);
});

test('every address that is listened on is loopback', () => {
  const text = Object.values(confFiles(stack)).join('\n');
  assert.ok(!text.includes('0.0.0.0'));
  for (const [, host] of text.matchAll(/(?:PLAINTEXT|CONTROLLER|hdfs|http):\/\/([^:/\s,<]+):\d/g))
    assert.equal(host, '127.0.0.1');
  assert.match(text, /clientPortAddress=127\.0\.0\.1/);
});

test('logs are rolled and bounded for every daemon', () => {
  for (const [path, content] of Object.entries(confFiles(stack))) {
    if (!path.includes('log4j')) continue;
    assert.match(content, /RollingFile/);
    assert.match(content, /20MB/);
  }
});

test('a value with markup in it cannot break the XML', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const inside = /<value>([\s\S]*)<\/value>/.exec(settingsXml({ name: value }))![1]!;
      assert.ok(!/[<>]/.test(inside));
      assert.equal(inside.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'), value);
    }),
  );
});

test('a value of any letters is read back by Java, which takes every byte for a letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const line = settingsProperties({ name: value });
      assert.match(line, /^name=[\x20-\x7e]*\n$/);
      assert.equal(javaValue(line), value);
    }),
  );
});

/** What java.util.Properties makes of one line. */
function javaValue(line: string): string {
  const text = /^name=[ \t\f]*([^]*)\n$/.exec(line)![1]!;
  return text.replaceAll(/\\u([0-9a-f]{4})|\\(.)/g, (_, hex: string | undefined, other: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : other,
  );
}

test('a folder of letters beyond ASCII goes into every kind of configuration whole', () => {
  const here: Stack = { ...stack, folder: '/srv/größe-日本/a b #/stack' };
  const files = confFiles(here);
  assert.equal(
    javaValue(/^dataDir=.*\n/m.exec(files['zookeeper/zoo.cfg']!)![0].replace('dataDir', 'name')),
    `${here.folder}/data/zookeeper`,
  );
  assert.equal(
    javaValue(/^log\.dirs=.*\n/m.exec(files['kafka/server.properties']!)![0].replace('log.dirs', 'name')),
    `${here.folder}/data/kafka`,
  );
  assert.ok(files['hadoop/hdfs-site.xml']!.includes(`<value>${here.folder}/data/namenode</value>`));
  for (const daemon of daemons) {
    const url = javaArgs(here, daemon, daemon.program(here))
      .find((arg) => /log4j2?\.configuration/.test(arg))!
      .replace(/^.*?=/, '');
    assert.ok(fileURLToPath(url).startsWith(`${here.folder}/conf/`), url);
  }
});

test('a folder that daemons would read as something else is refused with exit code 2', () => {
  for (const [variable, path] of [
    ['SIGHTLINE_HOME', '/srv/a b'],
    ['SIGHTLINE_HOME', '/srv/a,b'],
    ['SIGHTLINE_HOME', "/srv/o'hara"],
    ['SIGHTLINE_HOME', '/srv/${x}'],
    ['SIGHTLINE_HOME', '/srv/100%'],
    ['SIGHTLINE_JARS', '/srv/a:b'],
    ['SIGHTLINE_JARS', '/srv/*'],
  ] as const) {
    assert.throws(
      () => stackFrom({ [variable]: path }),
      (fault) =>
        fault instanceof Refusal && fault.exitCode === 2 && fault.message.includes(`${variable}: '${path}' holds`),
      path,
    );
  }
});

test('every daemon ends at its first out-of-memory error and logs to a file of its own', () => {
  for (const daemon of daemons) {
    const args = javaArgs(stack, daemon, daemon.program(stack));
    assert.ok(args.includes('-XX:+ExitOnOutOfMemoryError'));
    assert.ok(args.includes(`-Xmx${daemon.heapMiB}m`));
    assert.ok(args.includes(`-Dsightline.log=/somewhere/stack/logs/${daemon.name}.log`));
  }
});

test('a second stack has a folder of its own and shares the jars', () => {
  const first = stackFrom({ SIGHTLINE_HOME: '/home/x' });
  const second = stackFrom({ SIGHTLINE_HOME: '/home/x', SIGHTLINE_STACK: 'test' });
  assert.equal(first.folder, '/home/x/stack');
  assert.equal(second.folder, '/home/x/test-stack');
  assert.equal(second.jarsFolder, first.jarsFolder);
  assert.throws(() => stackFrom({ SIGHTLINE_STACK: '../elsewhere' }), /SIGHTLINE_STACK/);
});

test('a new node of Cassandra has one token of its own, and one that was started with sixteen keeps them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-conf-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const ring: Stack = { ...stack, folder, cassandraNodes: 3 };
  const yamlOf = (node: number): string => confFiles(ring)[`cassandra/cassandra${node}.yaml`]!;
  const tokens = [1, 2, 3].map((node) => BigInt(/^initial_token: "(-?\d+)"$/m.exec(yamlOf(node))![1]!));
  assert.deepEqual(
    [...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)),
    tokens,
  );
  assert.match(yamlOf(1), /^num_tokens: 1$/m);
  mkdirSync(join(folder, 'conf', 'cassandra'), { recursive: true });
  writeFileSync(join(folder, 'conf', 'cassandra', 'cassandra2.yaml'), 'num_tokens: 16\n');
  assert.match(yamlOf(2), /^num_tokens: 16$/m);
  assert.doesNotMatch(yamlOf(2), /initial_token/);
});
