/**
 * Which daemons a stack has: those of HBase, once or twice, or nodes of Cassandra in the place of HBase and its
 * ZooKeeper.
 */
import { cassandraNames } from '../stack/cassandra-nodes.ts';
import { jarSetsOfStack, jarSetsWithCassandra } from '../stack/versions.ts';
import type { JarSetName } from '../stack/versions.ts';
import type { Stack } from '../stack/stack.ts';
import { cassandraDaemons } from './cassandra.ts';
import { daemonsWithHBase, plainDaemons, securedDaemons } from './daemons.ts';
import type { Daemon, DaemonName } from './daemons.ts';
import { haDaemons } from './ha.ts';

type Kind = Pick<Stack, 'cassandraNodes' | 'isSecured' | 'isHa'>;

const OF_HBASE: readonly DaemonName[] = ['zookeeper', 'master', 'regionserver'];

/** In order of start. */
export function daemonsOf(stack: Kind): readonly Daemon[] {
  if (stack.isHa) return haDaemons;
  if (!stack.cassandraNodes) return daemonsWithHBase(stack);
  return [...plainDaemons.filter(({ name }) => !OF_HBASE.includes(name)), ...cassandraDaemons(stack.cassandraNodes)];
}

export function jarSetsOf({ cassandraNodes, isSecured }: Kind): readonly JarSetName[] {
  if (cassandraNodes) return jarSetsWithCassandra;
  return isSecured ? ['kdc', ...jarSetsOfStack] : jarSetsOfStack;
}

export function daemonOf(name: DaemonName): Daemon {
  return [...securedDaemons, ...haDaemons, ...cassandraDaemons(cassandraNames.length)].find(
    (daemon) => daemon.name === name,
  )!;
}
