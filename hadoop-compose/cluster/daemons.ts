/**
 * The six daemons of the stack: what to run, with how much memory, after which others, and when it is ready.
 *
 * The table is in order of start; `down` goes through it backwards, so HBase ends while HDFS can still take what it
 * flushes. The heaps are for a laptop of two cores; the region server's matters most (see `conf/hbase.ts`). Its JVM has
 * G1 regions of 4 MB, so that G1 does not treat a request of a megabyte as a humongous object.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PortName } from '../stack/ports.ts';
import * as probe from './probes.ts';
import { confFolder, dataFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { JarSetName } from '../stack/versions.ts';

export const daemonNames = ['zookeeper', 'namenode', 'datanode', 'kafka', 'master', 'regionserver'] as const;
export type DaemonName = (typeof daemonNames)[number];

export interface Program {
  readonly mainClass: string;
  readonly args: readonly string[];
}

export interface Daemon {
  readonly name: DaemonName;
  /** The name that people know. */
  readonly title: string;
  readonly family: 'zookeeper' | 'hadoop' | 'kafka' | 'hbase';
  readonly jarSet: JarSetName;
  readonly heapMiB: number;
  readonly jvm: readonly string[];
  readonly ports: readonly PortName[];
  /** Daemons that must be ready before this one is started. */
  readonly after: readonly DaemonName[];
  readonly program: (stack: Stack) => Program;
  /** Run once, before the first start on an empty data folder. */
  readonly format?: (stack: Stack) => Program | undefined;
  readonly ready: probe.Probe;
}

export const daemons: readonly Daemon[] = [
  {
    name: 'zookeeper',
    title: 'ZooKeeper',
    family: 'zookeeper',
    jarSet: 'hbase',
    heapMiB: 256,
    jvm: [],
    ports: ['zookeeper'],
    after: [],
    program: (stack) => ({
      mainClass: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      args: [join(confFolder(stack, 'zookeeper'), 'zoo.cfg')],
    }),
    ready: probe.zookeeperReady,
  },
  {
    name: 'namenode',
    title: 'HDFS NameNode',
    family: 'hadoop',
    jarSet: 'hadoop',
    heapMiB: 512,
    jvm: [],
    ports: ['namenode', 'namenodeHttp'],
    after: [],
    program: () => ({ mainClass: 'org.apache.hadoop.hdfs.server.namenode.NameNode', args: [] }),
    format: (stack) =>
      holdsNames(stack)
        ? undefined
        : {
            mainClass: 'org.apache.hadoop.hdfs.server.namenode.NameNode',
            args: ['-format', '-force', '-nonInteractive'],
          },
    ready: probe.namenodeReady,
  },
  {
    name: 'datanode',
    title: 'HDFS DataNode',
    family: 'hadoop',
    jarSet: 'hadoop',
    heapMiB: 512,
    jvm: [],
    ports: ['datanode', 'datanodeHttp', 'datanodeIpc'],
    after: [],
    program: () => ({ mainClass: 'org.apache.hadoop.hdfs.server.datanode.DataNode', args: [] }),
    ready: probe.datanodeReady,
  },
  {
    name: 'kafka',
    title: 'Kafka',
    family: 'kafka',
    jarSet: 'kafka',
    heapMiB: 1_024,
    jvm: [],
    ports: ['kafka', 'kafkaController'],
    after: [],
    program: (stack) => ({ mainClass: 'kafka.Kafka', args: [serverProperties(stack)] }),
    format: (stack) =>
      existsSync(join(dataFolder(stack, 'kafka'), 'meta.properties'))
        ? undefined
        : { mainClass: 'kafka.tools.StorageTool', args: ['format', '-t', clusterId(), '-c', serverProperties(stack)] },
    ready: probe.kafkaReady,
  },
  {
    name: 'master',
    title: 'HBase master',
    family: 'hbase',
    jarSet: 'hbase',
    heapMiB: 512,
    jvm: [],
    ports: ['master', 'masterInfo'],
    after: ['zookeeper', 'namenode', 'datanode'],
    program: () => ({ mainClass: 'org.apache.hadoop.hbase.master.HMaster', args: ['start'] }),
    ready: probe.masterReady,
  },
  {
    name: 'regionserver',
    title: 'HBase region server',
    family: 'hbase',
    jarSet: 'hbase',
    heapMiB: 3_072,
    // HBase keeps new rows in pieces of 2 MB. In regions of 4 MB each would be "humongous": alone in a region, half of
    // it lost.
    jvm: ['-XX:G1HeapRegionSize=8m'],
    ports: ['regionserver', 'regionserverInfo'],
    after: ['zookeeper', 'namenode', 'datanode'],
    program: () => ({ mainClass: 'org.apache.hadoop.hbase.regionserver.HRegionServer', args: ['start'] }),
    ready: probe.regionserverReady,
  },
];

export function daemonOf(name: DaemonName): Daemon {
  return daemons.find((daemon) => daemon.name === name)!;
}

/**
 * A format that was killed leaves a VERSION file without an image. If there is an image or an edit, there is data to
 * keep.
 */
function holdsNames(stack: Stack): boolean {
  const current = join(dataFolder(stack, 'namenode'), 'current');
  return existsSync(current) && readdirSync(current).some((name) => /^fsimage_\d+$|^edits_/.test(name));
}

const serverProperties = (stack: Stack): string => join(confFolder(stack, 'kafka'), 'server.properties');

/** Kafka writes a UUID as 22 characters of URL-safe base64, and a first '-' would look like an option. */
function clusterId(): string {
  for (;;) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
