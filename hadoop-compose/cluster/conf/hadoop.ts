/**
 * HDFS on one machine: one NameNode, one DataNode, one copy of each block, WebHDFS on.
 *
 * Permissions are those of a cluster (its settings are in `hadoop-compose/conf/`): whoever runs the NameNode is the
 * superuser, HBase is the same user, and Sightline owns its root alone (`hdfs-folders.ts`). A browser's request that
 * changes something needs a header that no page of another site can send (rest-csrf), since WebHDFS believes any name
 * that it is told. Safe mode ends when the DataNode has reported, not half a minute later, and a DataNode that died is
 * noticed in seconds rather than ten minutes.
 */
import { haCore, haHdfs, NAME_SERVICE, OF_ONE_NAMENODE } from './ha.ts';
import type { Settings } from './xml.ts';
import { loopback } from '../../stack/ports.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export const hdfsUrl = (stack: Stack): string =>
  stack.isHa ? `hdfs://${NAME_SERVICE}` : `hdfs://${loopback}:${stack.ports.namenode}`;

export function coreSite(stack: Stack): Settings {
  return {
    'fs.defaultFS': hdfsUrl(stack),
    'hadoop.tmp.dir': dataFolder(stack, 'hadoop-tmp'),
    'hadoop.prometheus.endpoint.enabled': true,
    'fs.trash.interval': 0,
    ...(stack.isHa ? haCore(stack) : {}),
  };
}

export function hdfsSite(stack: Stack): Settings {
  const usual = siteOfOne(stack);
  if (!stack.isHa) return usual;
  const ofBoth = Object.entries(usual).filter(([name]) => !OF_ONE_NAMENODE.includes(name));
  return { ...Object.fromEntries(ofBoth), ...haHdfs(stack) };
}

function siteOfOne(stack: Stack): Settings {
  const { ports } = stack;
  return {
    'dfs.replication': 1,
    'dfs.namenode.replication.min': 1,
    'dfs.permissions.enabled': true,
    'dfs.webhdfs.enabled': true,
    'dfs.webhdfs.rest-csrf.enabled': true,
    // Paths, as they are: of a URL HDFS would make folders whose names hold %20.
    'dfs.namenode.name.dir': dataFolder(stack, 'namenode'),
    'dfs.namenode.rpc-address': `${loopback}:${ports.namenode}`,
    'dfs.namenode.rpc-bind-host': loopback,
    'dfs.namenode.http-address': `${loopback}:${ports.namenodeHttp}`,
    'dfs.namenode.http-bind-host': loopback,
    'dfs.namenode.handler.count': 8,
    'dfs.namenode.safemode.extension': 0,
    'dfs.namenode.safemode.min.datanodes': 1,
    'dfs.namenode.heartbeat.recheck-interval': 5_000,
    // How soon a file of a writer that has died is closed, so that footage can settle it; HDFS' own is twenty minutes.
    'dfs.namenode.lease-hard-limit-sec': 180,
    'dfs.namenode.datanode.registration.ip-hostname-check': false,
    'dfs.heartbeat.interval': 1,
    'dfs.datanode.data.dir': dataFolder(stack, 'datanode'),
    'dfs.datanode.hostname': loopback,
    'dfs.datanode.address': `${loopback}:${ports.datanode}`,
    'dfs.datanode.http.address': `${loopback}:${ports.datanodeHttp}`,
    'dfs.datanode.ipc.address': `${loopback}:${ports.datanodeIpc}`,
    'dfs.datanode.handler.count': 4,
    ...hdfsClient,
  };
}

/**
 * With one DataNode there is none to replace it by: a writer goes on with what it has, or fails and tries anew. Whoever
 * closes a file waits for the DataNode's report of its last block; by default the second question comes after 400 ms,
 * the next after twice as long, which is most of the time that a small file takes.
 */
export const hdfsClient: Settings = {
  'dfs.client.block.write.replace-datanode-on-failure.enable': false,
  'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': 25,
  'dfs.client.block.write.locateFollowingBlock.retries': 10,
  'dfs.client.socket-timeout': 30_000,
};
