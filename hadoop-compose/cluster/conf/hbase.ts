/**
 * HBase on one machine, in distributed mode: a master and a region server of their own, data and logs on HDFS.
 *
 * Two cores: few handlers and one compaction of each kind at a time. The region server's memory is what decides whether
 * it lives; its heap is in `daemons.ts`, its shares are smaller than HBase's own
 * (docs/decisions/0003-hbase.md#memory-of-the-region-server). Old logs and files are kept for one minute instead of
 * ten, as the disk of a laptop is small. ZooKeeper's session is short, so that a killed region server's rows are served
 * again within seconds of its restart; for the same reason the file that it was writing is asked for again after one
 * second (HBase's own choice is 4, then 64).
 */
import type { Settings } from './xml.ts';
import { haClient } from './ha.ts';
import { hdfsClient, hdfsUrl } from './hadoop.ts';
import { loopback } from '../../stack/ports.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

/**
 * Coprocessors are code that a table brings along, run inside the servers. Those of tables are never loaded, and a
 * table that names a jar is refused. HBase's own meta table names one too, without which no region can be split or
 * merged: so that one, which only answers to regions of meta, is loaded by name instead.
 */
const coprocessors: Settings = {
  'hbase.coprocessor.user.enabled': false,
  'hbase.coprocessor.region.classes': 'org.apache.hadoop.hbase.coprocessor.MultiRowMutationEndpoint',
  'hbase.coprocessor.master.classes': 'org.apache.hadoop.hbase.security.access.CoprocessorWhitelistMasterObserver',
};

export function hbaseSite(stack: Stack): Settings {
  const { ports } = stack;
  return {
    'hbase.cluster.distributed': true,
    'hbase.rootdir': `${hdfsUrl(stack)}/hbase`,
    'hbase.tmp.dir': dataFolder(stack, 'hbase-tmp'),
    'hbase.unsafe.stream.capability.enforce': false,
    ...coprocessors,
    'hbase.zookeeper.quorum': loopback,
    'hbase.zookeeper.property.clientPort': ports.zookeeper,
    'zookeeper.znode.parent': '/hbase',
    'zookeeper.session.timeout': 12_000,

    'hbase.master.hostname': loopback,
    'hbase.master.ipc.address': loopback,
    'hbase.master.port': ports.master,
    'hbase.master.info.bindAddress': loopback,
    'hbase.master.info.port': ports.masterInfo,
    // Its pages show; those that change something take plain links, which any page may hold.
    'hbase.master.ui.readonly': true,
    'hbase.master.wait.on.regionservers.mintostart': 1,
    'hbase.master.wait.on.regionservers.maxtostart': 1,
    'hbase.master.logcleaner.ttl': 60_000,
    'hbase.master.hfilecleaner.ttl': 60_000,
    'hbase.master.cleaner.interval': 60_000,

    'hbase.regionserver.hostname': loopback,
    'hbase.regionserver.ipc.address': loopback,
    'hbase.regionserver.port': ports.regionserver,
    'hbase.regionserver.info.bindAddress': loopback,
    'hbase.regionserver.info.port': ports.regionserverInfo,
    'hbase.regionserver.msginterval': 1_000,
    'hbase.regionserver.handler.count': 16,
    'hbase.regionserver.metahandler.count': 5,
    'hbase.regionserver.thread.compaction.small': 1,
    'hbase.regionserver.thread.compaction.large': 1,
    'hbase.lease.recovery.first.pause': 1_000,
    'hbase.lease.recovery.dfs.timeout': 10_000,
    'hbase.regionserver.global.memstore.size': 0.2,
    'hfile.block.cache.size': 0.3,
    'hbase.ipc.server.max.callqueue.size': 256 * 1_024 * 1_024,
    // Its own choice needs native libraries of Hadoop.
    'hbase.io.compress.zstd.codec': 'org.apache.hadoop.hbase.io.compress.zstd.ZstdCodec',

    'dfs.replication': 1,
    ...hdfsClient,
    ...(stack.isHa ? haClient(stack) : {}),
  };
}

/**
 * HBase answers questions about itself from a cache; ten seconds of it, its own choice, would be added to every
 * ready-check.
 */
export const hbaseMetrics: Settings = { '*.period': 1 };
