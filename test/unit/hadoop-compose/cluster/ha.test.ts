/** `cluster up --ha`: each of a pair has ports, folders and a configuration of its own, and the layers know both. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { confFiles } from '../../../../hadoop-compose/cluster/conf/write.ts';
import { daemonsOf } from '../../../../hadoop-compose/cluster/daemons-of.ts';
import { javaArgs } from '../../../../hadoop-compose/cluster/launch.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import { addressesIn, recordRowStore, withRowStore } from '../../../../hadoop-compose/stack/row-store.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';

let one: Stack;
let ha: Stack;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-ha-'));
  one = { folder, jarsFolder: join(folder, 'jars'), ports: portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000' }) };
  ha = { ...one, isHa: true };
});
afterEach(() => rmSync(one.folder, { recursive: true }));

const valueOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<name>${name}</name>\\s*<value>([^<]*)</value>`).exec(xml)?.[1];

test('no two daemons listen at one port, and each waits for daemons that are there', () => {
  const daemons = daemonsOf(ha);
  const ports = daemons.flatMap((daemon) => daemon.ports.map((port) => ha.ports[port]));
  assert.equal(new Set(ports).size, ports.length);
  assert.equal(daemons.length, 14);
  const names = daemons.map(({ name }) => name);
  for (const { name, after } of daemons)
    for (const other of after) assert.ok(names.indexOf(other) < names.indexOf(name), `${name} after ${other}`);
});

test('two NameNodes share a name service and their edits, and keep names in folders of their own', () => {
  const site = confFiles(ha)['hadoop/hdfs-site.xml']!;
  assert.equal(valueOf(confFiles(ha)['hadoop/core-site.xml']!, 'fs.defaultFS'), 'hdfs://sightline');
  assert.equal(valueOf(site, 'dfs.namenode.name.dir'), undefined);
  assert.notEqual(
    valueOf(site, 'dfs.namenode.name.dir.sightline.nn1'),
    valueOf(site, 'dfs.namenode.name.dir.sightline.nn2'),
  );
  for (const port of ['namenode', 'namenode2'] as const) assert.ok(site.includes(`127.0.0.1:${ha.ports[port]}<`));
  const hbase = confFiles(ha)['hbase/hbase-site.xml']!;
  assert.equal(valueOf(hbase, 'hbase.rootdir'), 'hdfs://sightline/hbase');
  assert.equal(valueOf(hbase, 'dfs.ha.namenodes.sightline'), 'nn1,nn2');
});

test('three brokers vote, listen and log each on its own, and two of three copies must be written', () => {
  const files = ['server', 'kafka2', 'kafka3'].map((name) => confFiles(ha)[`kafka/${name}.properties`]!);
  const lines = files.map((text) => new Map(text.split('\n').map((line) => line.split('=', 2) as [string, string])));
  for (const name of ['node.id', 'listeners', 'log.dirs'])
    assert.equal(new Set(lines.map((settings) => settings.get(name))).size, 3, name);
  assert.equal(new Set(lines.map((settings) => settings.get('controller.quorum.voters'))).size, 1);
  for (const settings of lines) {
    assert.equal(settings.get('default.replication.factor'), '3');
    assert.equal(settings.get('min.insync.replicas'), '2');
  }
  assert.equal(confFiles(one)['kafka/kafka2.properties'], undefined);
});

test('the second of a pair is told its ports and its name on its command line', () => {
  const wordsOf = (name: string): string[] => {
    const daemon = daemonsOf(ha).find((each) => each.name === name)!;
    return javaArgs(ha, daemon, daemon.program(ha));
  };
  assert.ok(wordsOf('namenode2').includes('-Ddfs.ha.namenode.id=nn2'));
  assert.ok(wordsOf('regionserver2').includes(`-Dhbase.regionserver.port=${ha.ports.regionserver2}`));
  assert.ok(wordsOf('master2').includes(`-Dhbase.master.info.port=${ha.ports.master2Info}`));
});

test('a stack stays what its first start made of it', () => {
  assert.equal(withRowStore(one, { ha: true }).isHa, true);
  recordRowStore(ha);
  assert.equal(withRowStore(one, {}).isHa, true);
  recordRowStore(one);
  assert.throws(() => withRowStore(one, { ha: true }), /one daemon of each kind.*cluster reset/s);
  assert.throws(() => withRowStore({ ...one, isSecured: true }, { ha: true }), /--ha goes together neither/);
  assert.throws(() => withRowStore(one, { ha: true, stores: 'cassandra' }), /--ha goes together neither/);
});

test('the layers are told all of them, and a single address of the environment counts no more', () => {
  const config = readConfig({ NODE_ENV: 'test', WEBHDFS_URL: 'http://127.0.0.1:1', ...addressesIn(ha) });
  assert.equal(config.KAFKA_BROKERS.split(',').length, 3);
  assert.equal(config.KAFKA_REPLICATION, 3);
  assert.deepEqual(config.WEBHDFS_URLS?.length, 2);
});
