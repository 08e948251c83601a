/**
 * The daemons of a stack that keeps its rows in HBase, six and with `--secured` a KDC: what to run, with how much
 * memory, after which others, and when it is ready.
 *
 * The table is in order of start; `down` goes through it backwards, so HBase ends while HDFS can still take what it
 * flushes. The heaps are for a laptop of two cores; the region server's matters most (see `conf/hbase.ts`). Its JVM has
 * G1 regions of 4 MB, so that G1 does not treat a request of a megabyte as a humongous object.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokerName, propertiesOf } from '../stack/brokers.ts';
import { cassandraNames } from '../stack/cassandra-nodes.ts';
import type { PortName } from '../stack/ports.ts';
import { makeOwnedFolders } from './hdfs-folders.ts';
import * as probe from './probes.ts';
import { kafkaFormat, kdcProgram } from '../secured/programs.ts';
import { confFolder, dataFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Program } from '../stack/program.ts';
import type { JarSetName } from '../stack/versions.ts';

export const daemonNames = ['zookeeper', 'namenode', 'datanode', 'kafka', 'master', 'regionserver'] as const;
const haNames = [
  ...(['journalnode', 'namenode2', 'failover', 'failover2'] as const),
  ...(['kafka2', 'kafka3', 'master2', 'regionserver2'] as const),
] as const;
/** Whatever may run in a stack: of a secured one, of one with Cassandra and of one with `--ha` too. */
export const allDaemonNames = ['kdc', ...daemonNames, ...haNames, ...cassandraNames] as const;
export type DaemonName = (typeof allDaemonNames)[number];

export interface Daemon {
  readonly name: DaemonName;
  /** The name that people know. */
  readonly title: string;
  readonly family: 'kdc' | 'zookeeper' | 'hadoop' | 'kafka' | 'hbase' | 'cassandra';
  readonly jarSet: JarSetName;
  readonly heapMiB: number;
  readonly jvm: readonly string[];
  /** G1 unless it says otherwise. */
  readonly collector?: 'serial';
  /** Options that depend on the stack. */
  readonly settings?: (stack: Stack) => readonly string[];
  /** Where it listens, if not at 127.0.0.1. */
  readonly host?: string;
  readonly ports: readonly PortName[];
  /** Daemons that must be ready before this one is started. */
  readonly after: readonly DaemonName[];
  readonly program: (stack: Stack) => Program;
  /** Run once, before the first start on an empty data folder. */
  readonly format?: (stack: Stack) => Program | undefined;
  /** Run before each start by `cluster up`, when those in `after` are ready. */
  readonly before?: (stack: Stack) => Promise<void>;
  readonly ready: probe.Probe;
}

/** A broker that is a controller too. */
export function kafkaNode(node: 1 | 2 | 3, heapMiB: number): Daemon {
  const name = brokerName(node);
  const properties = (stack: Stack): string => join(confFolder(stack, 'kafka'), propertiesOf(node));
  return {
    name,
    title: node === 1 ? 'Kafka' : `Kafka ${node}`,
    family: 'kafka',
    jarSet: 'kafka',
    heapMiB,
    jvm: [],
    ports: [name, `${name}Controller`],
    after: [],
    program: (stack) => ({ mainClass: 'kafka.Kafka', args: [properties(stack)] }),
    format: (stack) =>
      existsSync(join(dataFolder(stack, name), 'meta.properties'))
        ? undefined
        : kafkaFormat(stack, ['format', '-t', clusterId(stack), '-c', properties(stack)]),
    ready: probe.kafkaReady(name),
  };
}

/** Of a secured stack alone. */
const kdc: Daemon = {
  name: 'kdc',
  title: 'Kerberos KDC',
  family: 'kdc',
  jarSet: 'kdc',
  heapMiB: 128,
  jvm: [],
  ports: ['kdc'],
  after: [],
  program: kdcProgram,
  ready: probe.kdcReady,
};

export const plainDaemons: readonly Daemon[] = [
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
      holdsNames(stack, 'namenode')
        ? undefined
        : {
            mainClass: 'org.apache.hadoop.hdfs.server.namenode.NameNode',
            args: ['-format', '-force', '-nonInteractive'],
          },
    ready: probe.nameNodeReady('namenodeHttp'),
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
  kafkaNode(1, 1_024),
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
    ready: probe.masterReady('masterInfo'),
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
    ready: probe.regionserverReady('regionserverInfo'),
  },
];

export const securedDaemons: readonly Daemon[] = [
  kdc,
  ...plainDaemons.map((daemon) => ({
    ...daemon,
    after: [kdc.name, ...daemon.after],
    ...(daemon.family === 'hbase' ? { before: makeHBaseFolder } : {}),
  })),
];

/** Whoever runs the NameNode is another user to it than HBase, and HDFS lets only its superuser make this folder. */
function makeHBaseFolder(stack: Stack): Promise<void> {
  return makeOwnedFolders(stack, 'admin', [{ path: '/hbase', owner: 'hbase', mode: '0700' }]);
}

/** What a stack with HBase consists of. Everybody else waits for the KDC: without a ticket no daemon starts. */
export function daemonsWithHBase({ isSecured }: Pick<Stack, 'isSecured'>): readonly Daemon[] {
  return isSecured === true ? securedDaemons : plainDaemons;
}

/**
 * A format that was killed leaves a VERSION file without an image. If there is an image or an edit, there is data to
 * keep.
 */
export function holdsNames(stack: Stack, name: 'namenode' | 'namenode2'): boolean {
  const current = join(dataFolder(stack, name), 'current');
  return existsSync(current) && readdirSync(current).some((name) => /^fsimage_\d+$|^edits_/.test(name));
}

/**
 * The same for all brokers of a stack, and another one after a `reset`, which forgets the file. Kafka writes a UUID as
 * 22 characters of URL-safe base64, and a first '-' would look like an option.
 */
function clusterId(stack: Stack): string {
  const file = dataFolder(stack, 'kafka-cluster-id');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  const id = bytes.toString('base64url');
  writeFileSync(file, id);
  return id;
}
