/**
 * Kafka on one machine: broker and controller in one process (KRaft), topics with one copy; with `--ha` three such
 * processes and three copies, two of which must be written.
 *
 * Topics are made by the commands that own their settings, never by a client's typing error. The retention here is what
 * a topic without its own gets: a day and at most 2 GB a partition, in segments small enough to be deleted in time.
 */
import type { Settings } from './xml.ts';
import { loopback } from '../../stack/ports.ts';
import type { BrokerNumber } from '../../stack/brokers.ts';
import { brokerName, brokersOf } from '../../stack/brokers.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export function serverProperties(stack: Stack, node: BrokerNumber = 1): Settings {
  const name = brokerName(node);
  const [port, controllerPort] = [stack.ports[name], stack.ports[`${name}Controller`]];
  const brokers = brokersOf(stack);
  const [copies, written] = brokers.length === 1 ? [1, 1] : [3, 2];
  return {
    'process.roles': 'broker,controller',
    'node.id': node,
    'controller.quorum.voters': brokers
      .map((broker) => `${broker}@${loopback}:${stack.ports[`${brokerName(broker)}Controller`]}`)
      .join(),
    listeners: `PLAINTEXT://${loopback}:${port},CONTROLLER://${loopback}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataFolder(stack, name),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.partitions': 1,
    'auto.create.topics.enable': false,
    'default.replication.factor': copies,
    'min.insync.replicas': written,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': written,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': written,
    'group.initial.rebalance.delay.ms': 0,
    'log.retention.hours': 24,
    'log.retention.bytes': 2 * 1_024 ** 3,
    'log.segment.bytes': 128 * 1_024 ** 2,
    'log.retention.check.interval.ms': 30_000,
    'log.segment.delete.delay.ms': 10_000,
  };
}
