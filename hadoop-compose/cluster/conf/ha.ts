/**
 * What a stack with `--ha` has in the place of one NameNode: a name service of two that share their edits through a
 * JournalNode, and elect the active one in ZooKeeper.
 *
 * Fencing does nothing, since the JournalNode takes edits of the newest active NameNode alone. The standby follows the
 * edits every second, so a failover takes seconds.
 */
import type { Settings } from './xml.ts';
import { loopback } from '../../stack/ports.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export const NAME_SERVICE = 'sightline';

/** What a client of HDFS has to know; HBase is one. */
export function haClient({ ports }: Stack): Settings {
  return {
    'dfs.nameservices': NAME_SERVICE,
    [`dfs.ha.namenodes.${NAME_SERVICE}`]: 'nn1,nn2',
    [`dfs.namenode.rpc-address.${NAME_SERVICE}.nn1`]: `${loopback}:${ports.namenode}`,
    [`dfs.namenode.rpc-address.${NAME_SERVICE}.nn2`]: `${loopback}:${ports.namenode2}`,
    [`dfs.client.failover.proxy.provider.${NAME_SERVICE}`]:
      'org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider',
    'dfs.client.failover.sleep.max.millis': 2_000,
  };
}

/** In hdfs-site.xml over the settings of one NameNode. */
export function haHdfs(stack: Stack): Settings {
  const { ports } = stack;
  return {
    ...haClient(stack),
    [`dfs.namenode.http-address.${NAME_SERVICE}.nn1`]: `${loopback}:${ports.namenodeHttp}`,
    [`dfs.namenode.http-address.${NAME_SERVICE}.nn2`]: `${loopback}:${ports.namenode2Http}`,
    [`dfs.namenode.name.dir.${NAME_SERVICE}.nn1`]: dataFolder(stack, 'namenode'),
    [`dfs.namenode.name.dir.${NAME_SERVICE}.nn2`]: dataFolder(stack, 'namenode2'),
    [`dfs.ha.zkfc.port.${NAME_SERVICE}.nn1`]: ports.failover,
    [`dfs.ha.zkfc.port.${NAME_SERVICE}.nn2`]: ports.failover2,
    'dfs.ha.automatic-failover.enabled': true,
    'dfs.ha.fencing.methods': 'shell(/bin/true)',
    'dfs.ha.tail-edits.period': 1,
    'dfs.namenode.shared.edits.dir': `qjournal://${loopback}:${ports.journal}/${NAME_SERVICE}`,
    'dfs.journalnode.edits.dir': dataFolder(stack, 'journalnode'),
    'dfs.journalnode.rpc-address': `${loopback}:${ports.journal}`,
    'dfs.journalnode.http-address': `${loopback}:${ports.journalHttp}`,
  };
}

/** In core-site.xml: the failover controllers read it. */
export function haCore({ ports }: Stack): Settings {
  return {
    'ha.zookeeper.quorum': `${loopback}:${ports.zookeeper}`,
    'ha.zookeeper.session-timeout.ms': 5_000,
    // A NameNode that is gone is noticed at the first refused connection, not after ten.
    'ipc.client.connect.max.retries': 1,
    'ipc.client.connect.retry.interval': 200,
  };
}

/** Settings of one NameNode, which would be those of both. */
export const OF_ONE_NAMENODE = [
  'dfs.namenode.name.dir',
  'dfs.namenode.rpc-address',
  'dfs.namenode.rpc-bind-host',
  'dfs.namenode.http-address',
  'dfs.namenode.http-bind-host',
];
