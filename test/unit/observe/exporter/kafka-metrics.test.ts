/** What the exporter shows of a look: names and labels of the common exporter, arithmetic of lag, and no leftovers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { ClusterFacts, ClusterPort, PartitionFacts } from '../../../../core/stores/kafka/cluster-facts.ts';
import { hostPort } from '../../../../core/process/host-port.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { kafkaExporter } from '../../../../observe/exporter/kafka-exporter.ts';
import { kafkaMetrics, lagOf, lagSeconds } from '../../../../observe/exporter/kafka-metrics.ts';

const NOW = 1_800_000_000_000;
const partition = (n: number, of: Partial<PartitionFacts> = {}): PartitionFacts => ({
  topic: 'detections',
  partition: n,
  leader: 1,
  replicas: [1, 2],
  inSync: [1, 2],
  ends: { oldest: 10, next: 100 },
  ...of,
});
const FACTS: ClusterFacts = {
  brokers: [{ id: 1, address: hostPort('127.0.0.1', 9092) }],
  partitions: [
    partition(0),
    partition(1, { leader: 2, inSync: [2] }),
    partition(2, { ends: null, leader: -1 }),
    partition(3),
  ],
  groups: [
    {
      group: 'readers',
      members: 2,
      offsets: [
        { topic: 'detections', partition: 0, offset: 60, stamp: NOW - 2_500 },
        { topic: 'detections', partition: 1, offset: 100, stamp: null },
        { topic: 'detections', partition: 2, offset: 7, stamp: null },
      ],
    },
  ],
  faults: [],
};
const shown = async (facts: ClusterFacts, isUp = true): Promise<string[]> =>
  (await kafkaMetrics({ facts, isUp, tookMs: 12, now: NOW }).metrics()).split('\n').filter((line) => /^\w/.test(line));

/** The names and labels of the common exporter, as its published dashboards ask for them. */
const COMMON = `
kafka_brokers 1
kafka_broker_info{address="127.0.0.1:9092",id="1"} 1
kafka_topic_partitions{topic="detections"} 4
kafka_topic_partition_current_offset{topic="detections",partition="0"} 100
kafka_topic_partition_oldest_offset{topic="detections",partition="0"} 10
kafka_topic_partition_leader{topic="detections",partition="2"} -1
kafka_topic_partition_leader_is_preferred{topic="detections",partition="0"} 1
kafka_topic_partition_leader_is_preferred{topic="detections",partition="1"} 0
kafka_topic_partition_replicas{topic="detections",partition="1"} 2
kafka_topic_partition_in_sync_replica{topic="detections",partition="1"} 1
kafka_topic_partition_under_replicated_partition{topic="detections",partition="1"} 1
kafka_topic_partition_under_replicated_partition{topic="detections",partition="0"} 0
kafka_consumergroup_members{consumergroup="readers"} 2
kafka_consumergroup_current_offset{consumergroup="readers",topic="detections",partition="0"} 60
kafka_consumergroup_current_offset_sum{consumergroup="readers",topic="detections"} 167
kafka_consumergroup_lag{consumergroup="readers",topic="detections",partition="0"} 40
kafka_consumergroup_lag{consumergroup="readers",topic="detections",partition="3"} -1
kafka_consumergroup_lag_sum{consumergroup="readers",topic="detections"} 40
kafka_consumergroup_lag_seconds{consumergroup="readers",topic="detections",partition="0"} 2.5
kafka_consumergroup_lag_seconds{consumergroup="readers",topic="detections",partition="1"} 0
`;

test('a look is shown under the names and labels of the common exporter, with lag in seconds besides', async () => {
  const lines = await shown(FACTS);
  for (const line of COMMON.trim().split('\n'))
    assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join('\n')}`);
});

test('what nobody could tell is left out: the ends of a partition without a leader, and lag there', async () => {
  const lines = await shown(FACTS);
  for (const name of ['topic_partition_current_offset', 'topic_partition_oldest_offset', 'consumergroup_lag'])
    assert.ok(!lines.some((line) => line.startsWith(`kafka_${name}{`) && line.includes('partition="2"')), name);
  assert.ok(!lines.some((line) => line.includes('lag_seconds') && line.includes('partition="3"')), 'without an offset');
});

test('lag is never negative, in records nor in seconds', () => {
  assert.deepEqual([lagOf(60, 100), lagOf(100, 100), lagOf(101, 100)], [40, 0, 0]);
  assert.deepEqual(
    [
      lagSeconds(1, NOW - 1_500, NOW),
      lagSeconds(1, NOW + 60_000, NOW),
      lagSeconds(0, null, NOW),
      lagSeconds(1, null, NOW),
    ],
    [1.5, 0, 0, null],
  );
});

test('while Kafka is away up-like metrics fall and no value of before is shown; whoever asks meanwhile shares a look', async () => {
  let answer: () => Promise<ClusterFacts> = async () => FACTS;
  let looks = 0;
  const faults: (string | null)[] = [];
  const cluster: ClusterPort = { look: () => ((looks += 1), answer()) };
  const exporter = kafkaExporter(cluster, new Registry(), {
    hasTopic: () => true,
    hasGroup: () => true,
    limitMs: 1_000,
    now: () => NOW,
    onFault: (because) => faults.push(because),
  });
  const [one, other] = await Promise.all([exporter.metrics(), exporter.metrics()]);
  assert.equal(one, other);
  assert.equal(looks, 1);
  assert.match(one, /^kafka_exporter_up 1$/m);
  answer = async () => {
    throw new Retryable('Kafka', 'no broker answered');
  };
  const away = (await exporter.metrics()).split('\n').filter((line) => /^\w/.test(line));
  assert.deepEqual(away, [
    'kafka_exporter_up 0',
    'kafka_exporter_faults 0',
    'kafka_exporter_look_seconds 0',
    'kafka_brokers 0',
  ]);
  assert.equal(exporter.fault(), 'no broker answered');
  answer = async () => FACTS;
  assert.match(await exporter.metrics(), /^kafka_brokers 1$/m);
  assert.deepEqual([faults, exporter.fault()], [['no broker answered', null], null]);
});
