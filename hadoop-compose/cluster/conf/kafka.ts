/**
 * Kafka on one machine: broker and controller in one process (KRaft), topics with one copy.
 *
 * Topics are made by the commands that own their settings, never by a client's typing error. The retention here is what
 * a topic without its own gets: a day and at most 2 GB a partition, in segments small enough to be deleted in time.
 */
import type { Settings } from './xml.ts';
import { loopback } from '../../stack/ports.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export function serverProperties(stack: Stack): Settings {
  const { kafka, kafkaController } = stack.ports;
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${loopback}:${kafkaController}`,
    listeners: `PLAINTEXT://${loopback}:${kafka},CONTROLLER://${loopback}:${kafkaController}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${kafka}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataFolder(stack, 'kafka'),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.partitions': 1,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.retention.hours': 24,
    'log.retention.bytes': 2 * 1_024 ** 3,
    'log.segment.bytes': 128 * 1_024 ** 2,
    'log.retention.check.interval.ms': 30_000,
    'log.segment.delete.delay.ms': 10_000,
  };
}
