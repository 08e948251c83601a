/** Which store of rows a stack has: the first start decides, and every later command finds it or refuses. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { confFiles } from '../../../../hadoop-compose/cluster/conf/write.ts';
import { daemonsOf, jarSetsOf } from '../../../../hadoop-compose/cluster/daemons-of.ts';
import { javaArgs } from '../../../../hadoop-compose/cluster/launch.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import { addressesIn, recordRowStore, withRowStore } from '../../../../hadoop-compose/stack/row-store.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';

let stack: Stack;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-row-store-'));
  stack = { folder, jarsFolder: join(folder, 'jars'), ports: portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000' }) };
});
afterEach(() => rmSync(stack.folder, { recursive: true }));

test('a new stack has HBase unless something else is asked for', () => {
  assert.equal(withRowStore(stack, {}).cassandraNodes, undefined);
  assert.equal(withRowStore(stack, { stores: 'hbase' }).cassandraNodes, undefined);
  assert.equal(withRowStore(stack, { stores: 'cassandra' }).cassandraNodes, 1);
  assert.equal(withRowStore(stack, { cassandraNodes: 3 }).cassandraNodes, 3);
  assert.throws(() => withRowStore(stack, { stores: 'hbase', cassandraNodes: 3 }), /--stores says hbase/);
});

test('a stack keeps the store that it was first started with, and another one is refused with a remedy', () => {
  recordRowStore({ ...stack, cassandraNodes: 3 });
  assert.equal(withRowStore(stack, {}).cassandraNodes, 3);
  assert.equal(withRowStore(stack, { stores: 'cassandra' }).cassandraNodes, 3);
  for (const wish of [{ stores: 'hbase' }, { cassandraNodes: 1 }] as const)
    assert.throws(() => withRowStore(stack, wish), /Cassandra on 3 nodes, and .* was asked for.*cluster reset/s);
});

test('with Cassandra no HBase and no ZooKeeper runs, and the layers are told where the nodes are', () => {
  const three: Stack = { ...stack, cassandraNodes: 3 };
  assert.deepEqual(
    daemonsOf(three).map(({ name }) => name),
    ['namenode', 'datanode', 'kafka', 'cassandra1', 'cassandra2', 'cassandra3'],
  );
  assert.ok(!jarSetsOf(three).includes('hbase'));
  const addresses = addressesIn(three);
  assert.equal(addresses.STORES, 'cassandra');
  assert.equal(addresses.CASSANDRA_NODES, '127.0.0.1:19042,127.0.0.2:19042,127.0.0.3:19042');
  assert.equal(addresses.CASSANDRA_REPLICATION, '3');
  assert.equal('HBASE_ZOOKEEPER' in addresses, false);
  assert.equal(addressesIn(stack).HBASE_ZOOKEEPER, '127.0.0.1:12181');
});

test('each node has a loopback address, a folder and a configuration of its own, and one bounded heap', () => {
  const three: Stack = { ...stack, cassandraNodes: 3 };
  const files = confFiles(three);
  const nodes = daemonsOf(three).filter(({ family }) => family === 'cassandra');
  for (const [index, node] of nodes.entries()) {
    const yaml = files[`cassandra/${node.name}.yaml`]!;
    assert.match(yaml, new RegExp(`listen_address: "127.0.0.${index + 1}"`));
    assert.match(yaml, new RegExp(`${stack.folder}/data/${node.name}/commitlog`));
    assert.match(yaml, /"seeds":"127\.0\.0\.1:17000"/);
    const args = javaArgs(three, node, node.program(three));
    assert.ok(args.includes('-Xmx512m') && args.includes('-XX:+UseSerialGC') && !args.includes('-XX:+UseG1GC'));
    assert.ok(args.some((arg) => arg.endsWith(`/conf/cassandra/${node.name}.yaml`)));
  }
  assert.match(files['cassandra/logback.xml']!, /<maxFileSize>20MB</);
  assert.equal('cassandra/logback.xml' in confFiles(stack), false);
});
