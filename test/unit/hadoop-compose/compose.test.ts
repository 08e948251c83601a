// The containers of compose.yaml are the versions that run and are tested on one machine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { confFiles } from '../../../hadoop-compose/cluster/conf/write.ts';
import { portsFrom } from '../../../hadoop-compose/stack/ports.ts';
import { releases } from '../../../hadoop-compose/stack/versions.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../hadoop-compose/${path}`, import.meta.url), 'utf8');

test('the containers run the versions that are pinned for one machine', () => {
  const images = [...read('compose.yaml').matchAll(/^\s+image: (\S+)$/gm)].map(([, image]) => image!);
  const ofStores = images.filter((image) => /^(?:apache\/|cassandra:|zookeeper:|sightline\/hbase:)/.test(image));
  assert.deepEqual(ofStores.sort(), [
    `apache/hadoop:${releases.hadoop}`,
    `apache/kafka:${releases.kafka}`,
    `cassandra:${releases.cassandra}`,
    `sightline/hbase:${releases.hbase}`,
    `zookeeper:${releases.zookeeper}`,
  ]);
  assert.ok(read('conf/hbase/Dockerfile').includes(`ARG HBASE_VERSION=${releases.hbase.replace('-hadoop3', '')}\n`));
});

test('the containers of Cassandra are told what the nodes of one machine are', () => {
  const ring = { folder: '/s', jarsFolder: '/j', ports: portsFrom({}), cassandraNodes: 3 } as const;
  const here = confFiles(ring)['cassandra/cassandra1.yaml']!;
  const there = [...read('compose.yaml').matchAll(/-Dcassandra\.settings\.(\w+)=(\S+)/g)];
  const told = there.filter(([, name]) => name !== 'commitlog_sync_period');
  assert.ok(told.length > 0);
  for (const [, name, value] of told) assert.match(here, new RegExp(`^${name}: "?${value}"?$`, 'm'));
  // A period is refused beside a group.
  assert.ok(there.some(([, name, value]) => name === 'commitlog_sync_period' && value === '0ms'));
  assert.doesNotMatch(here, /commitlog_sync_period/);
});

test('neither the stack of one machine nor the containers run code of tables, let anybody write, or take orders from other pages', () => {
  const here = Object.values(confFiles({ folder: '/s', jarsFolder: '/j', ports: portsFrom({}) })).join('\n');
  const there = read('conf/hadoop/hdfs-site.xml') + read('conf/hbase/hbase-site.xml');
  for (const text of [here, there]) {
    for (const [setting, value] of [
      ['hbase.coprocessor.user.enabled', 'false'],
      [
        'hbase.coprocessor.master.classes',
        'org.apache.hadoop.hbase.security.access.CoprocessorWhitelistMasterObserver',
      ],
      ['hbase.coprocessor.region.classes', 'org.apache.hadoop.hbase.coprocessor.MultiRowMutationEndpoint'],
      ['hbase.master.ui.readonly', 'true'],
      ['dfs.permissions.enabled', 'true'],
      ['dfs.webhdfs.rest-csrf.enabled', 'true'],
    ])
      assert.ok(text.includes(`<name>${setting}</name><value>${value}</value>`), setting);
    assert.ok(!text.includes('whitelist.paths'), 'no path is allowed');
  }
});

test('the containers publish nothing beyond loopback, and HDFS not at all', () => {
  const published = [...read('compose.yaml').matchAll(/^\s+ports: \[(.*)\]$/gm)].map(([, ports]) => ports);
  assert.deepEqual(published, ['"127.0.0.1:16010:16010"', '"127.0.0.1:3000:3000"', '"127.0.0.1:3001:3000"']);
  assert.doesNotMatch(read('compose.yaml'), /^\s+(ports:\s*$|network_mode)/m);
});

test('a cluster keeps three copies, and takes no leader that has not got every record', () => {
  const compose = read('compose.yaml');
  assert.match(compose, /KAFKA_DEFAULT_REPLICATION_FACTOR: 3\n/);
  assert.match(compose, /KAFKA_MIN_INSYNC_REPLICAS: 2\n/);
  assert.match(compose, /KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE: "false"\n/);
  assert.match(read('conf/hadoop/hdfs-site.xml'), /<name>dfs\.replication<\/name><value>3<\/value>/);
});
