/**
 * A look at the cluster as metrics: the names, labels and values of the common Kafka exporter, and lag in seconds.
 *
 * kafka-exporter.ts hands over what core/stores/kafka/cluster-facts.ts found. Each look makes a registry of its own, so
 * that a partition, a group or a broker that is gone leaves no value behind. What nobody could tell is left out: a
 * missing value shows as a gap, a made-up one as a fact.
 */
import { Gauge, Registry } from 'prom-client';
import type { ClusterFacts, GroupFacts, PartitionFacts } from '../../core/stores/kafka/cluster-facts.ts';

/** What is shown while no broker answers: no broker, and nothing else. */
export const NOTHING_SEEN: ClusterFacts = { brokers: [], partitions: [], groups: [], faults: [] };

const NO_OFFSET = -1;

export interface Look {
  readonly facts: ClusterFacts;
  /** Whether brokers answered at all. */
  readonly isUp: boolean;
  readonly tookMs: number;
  /** The exporter's clock when the look ended, in epoch milliseconds. */
  readonly now: number;
}

export function kafkaMetrics({ facts, isUp, tookMs, now }: Look): Registry {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> =>
    new Gauge({ name: `kafka_${name}`, help, labelNames, registers: [registry] });
  gauge('exporter_up', 'Whether a broker answered in this look').set(isUp ? 1 : 0);
  gauge('exporter_faults', 'Questions of this look that were not answered').set(facts.faults.length);
  gauge('exporter_look_seconds', 'Time of this look at the cluster').set(tookMs / 1_000);
  gauge('brokers', 'Number of brokers in the Kafka cluster').set(facts.brokers.length);
  const info = gauge('broker_info', 'Information about a broker of Kafka', ['address', 'id']);
  for (const { id, address } of facts.brokers) info.set({ address, id: String(id) }, 1);
  topicMetrics(gauge, facts.partitions);
  groupMetrics(gauge, facts, now);
  return registry;
}

type MakeGauge = <Label extends string>(name: string, help: string, labelNames?: readonly Label[]) => Gauge<Label>;

function topicMetrics(gauge: MakeGauge, partitions: readonly PartitionFacts[]): void {
  const count = gauge('topic_partitions', 'Number of partitions of a topic', ['topic']);
  const of = (name: string, help: string): Gauge<'topic' | 'partition'> =>
    gauge(`topic_partition_${name}`, help, ['topic', 'partition']);
  const current = of('current_offset', 'Offset that the next record of a partition gets');
  const oldest = of('oldest_offset', 'First offset that a partition still holds');
  const leader = of('leader', 'Id of the broker that leads a partition, -1 while none does');
  const preferred = of('leader_is_preferred', '1 if the preferred broker leads the partition');
  const replicas = of('replicas', 'Number of replicas of a partition');
  const inSync = of('in_sync_replica', 'Number of replicas of a partition that are in sync');
  const under = of('under_replicated_partition', '1 if a replica of the partition is not in sync');
  for (const one of partitions) {
    const labels = { topic: one.topic, partition: String(one.partition) };
    count.inc({ topic: one.topic }, 1);
    leader.set(labels, one.leader);
    preferred.set(labels, one.leader === one.replicas[0] ? 1 : 0);
    replicas.set(labels, one.replicas.length);
    inSync.set(labels, one.inSync.length);
    under.set(labels, one.inSync.length < one.replicas.length ? 1 : 0);
    if (!one.ends) continue;
    current.set(labels, one.ends.next);
    oldest.set(labels, one.ends.oldest);
  }
}

function groupMetrics(gauge: MakeGauge, { groups, partitions }: ClusterFacts, now: number): void {
  const members = gauge('consumergroup_members', 'Number of members of a consumer group', ['consumergroup']);
  const each = ['consumergroup', 'topic', 'partition'] as const;
  const sums = ['consumergroup', 'topic'] as const;
  const offset = gauge('consumergroup_current_offset', 'Offset at which a group goes on, -1 if it has none', each);
  const offsetSum = gauge('consumergroup_current_offset_sum', 'Sum of the offsets of a group in a topic', sums);
  const lag = gauge('consumergroup_lag', 'Records that a group has not read, -1 if it has no offset', each);
  const lagSum = gauge('consumergroup_lag_sum', 'Records of a topic that a group has not read', sums);
  const seconds = gauge('consumergroup_lag_seconds', 'Age of the first record that a group has not read', each);
  for (const group of groups) {
    if (group.members !== null) members.set({ consumergroup: group.group }, group.members);
    for (const one of positionsOf(group, partitions)) {
      const topic = { consumergroup: group.group, topic: one.topic };
      const labels = { ...topic, partition: String(one.partition) };
      offset.set(labels, one.offset);
      if (one.offset !== NO_OFFSET) offsetSum.inc(topic, one.offset);
      if (one.lag === null) continue;
      lag.set(labels, one.lag);
      lagSum.inc(topic, Math.max(0, one.lag));
      const age = lagSeconds(one.lag, one.stamp, now);
      if (age !== null) seconds.set(labels, age);
    }
  }
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Null if the end of the log is not known. */
  readonly lag: number | null;
  readonly stamp: number | null;
}

/** Where a group is in every partition of the topics that it reads, those too in which it has no offset. */
function positionsOf({ offsets }: GroupFacts, partitions: readonly PartitionFacts[]): Position[] {
  const topics = new Set(offsets.map(({ topic }) => topic));
  return partitions
    .filter(({ topic }) => topics.has(topic))
    .map(({ topic, partition, ends }) => {
      const own = offsets.find((one) => one.topic === topic && one.partition === partition);
      if (own === undefined) return { topic, partition, offset: NO_OFFSET, lag: NO_OFFSET, stamp: null };
      return { topic, partition, offset: own.offset, lag: ends && lagOf(own.offset, ends.next), stamp: own.stamp };
    });
}

/** Never negative: the offset may be of a moment after the end's, or of a topic that was created anew since. */
export function lagOf(offset: number, next: number): number {
  return Math.max(0, next - offset);
}

/** Null if it cannot be told. Never negative: the broker's clock may be ahead of this one. */
export function lagSeconds(lag: number, stamp: number | null, now: number): number | null {
  if (lag === 0) return 0;
  return stamp === null ? null : Math.max(0, (now - stamp) / 1_000);
}
