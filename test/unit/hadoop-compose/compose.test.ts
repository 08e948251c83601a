// The containers of compose.yaml are the versions that run and are tested on one machine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { releases } from '../../../hadoop-compose/cluster/versions.ts';

const read = (path: string): string => readFileSync(new URL(`../../../hadoop-compose/${path}`, import.meta.url), 'utf8');

test('the containers run the versions that are pinned for one machine', () => {
  const images = [...read('compose.yaml').matchAll(/^\s+image: (\S+)$/gm)].map(([, image]) => image);
  assert.deepEqual(images.sort(), [
    `apache/hadoop:${releases.hadoop}`,
    `apache/kafka:${releases.kafka}`,
    `sightline/hbase:${releases.hbase}`,
    `zookeeper:${releases.zookeeper}`,
  ]);
  assert.ok(read('conf/hbase/Dockerfile').includes(`ARG HBASE_VERSION=${releases.hbase.replace('-hadoop3', '')}\n`));
});

test('a cluster keeps three copies, and takes no leader that has not got every record', () => {
  const compose = read('compose.yaml');
  assert.match(compose, /KAFKA_DEFAULT_REPLICATION_FACTOR: 3\n/);
  assert.match(compose, /KAFKA_MIN_INSYNC_REPLICAS: 2\n/);
  assert.match(compose, /KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE: "false"\n/);
  assert.match(read('conf/hadoop/hdfs-site.xml'), /<name>dfs\.replication<\/name><value>3<\/value>/);
});
