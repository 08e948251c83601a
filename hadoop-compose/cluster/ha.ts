/**
 * The daemons of a stack where each may die and another goes on (`cluster up --ha`): two NameNodes with a JournalNode
 * and a failover controller each, three brokers, two masters, two region servers.
 *
 * All are on this machine, so what fails over here is a process. ZooKeeper, the JournalNode and the DataNode have no
 * second one; a cluster has three of the first two. Heaps are smaller than those of a stack with one of each.
 */
import { existsSync } from 'node:fs';
import type { PortName } from '../stack/ports.ts';
import type { Program } from '../stack/program.ts';
import { dataFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Daemon, DaemonName } from './daemons.ts';
import { holdsNames, kafkaNode, plainDaemons } from './daemons.ts';
import * as probe from './probes.ts';

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const FAILOVER = 'org.apache.hadoop.hdfs.tools.DFSZKFailoverController';

const plain = (name: DaemonName): Daemon => plainDaemons.find((daemon) => daemon.name === name)!;
/** Both of a pair share one configuration; Hadoop reads such a word after the class as one more setting. */
const setting = (name: string, value: string | number): string => `-D${name}=${value}`;
const asNameNode = (id: string): string => setting('dfs.ha.namenode.id', id);

function nameNode(name: 'namenode' | 'namenode2', { title, ports, after, first }: NameNodeWish): Daemon {
  const id = name === 'namenode' ? 'nn1' : 'nn2';
  return {
    ...plain('namenode'),
    name,
    title,
    heapMiB: 256,
    ports,
    after,
    program: () => ({ mainClass: NAME_NODE, args: [asNameNode(id)] }),
    format: (stack) =>
      holdsNames(stack, name)
        ? undefined
        : { mainClass: NAME_NODE, args: [asNameNode(id), first, '-force', '-nonInteractive'] },
    ready: probe.nameNodeReady(ports[1]!),
  };
}

interface NameNodeWish {
  readonly title: string;
  /** RPC, then HTTP. */
  readonly ports: readonly PortName[];
  readonly after: readonly DaemonName[];
  /** How its storage begins. */
  readonly first: '-format' | '-bootstrapStandby';
}

/** Watches its NameNode, and makes the other one active when it dies. */
function failover(name: 'failover' | 'failover2', { id, after }: { id: string; after: DaemonName[] }): Daemon {
  return {
    name,
    title: `HDFS failover controller of ${id}`,
    family: 'hadoop',
    jarSet: 'hadoop',
    heapMiB: 128,
    collector: 'serial',
    jvm: [],
    ports: [name],
    after,
    program: () => ({ mainClass: FAILOVER, args: [asNameNode(id)] }),
    ...(name === 'failover' ? { format: makeElection } : {}),
    ready: probe.oneNameNodeActive,
  };
}

/** The node in ZooKeeper under which the two elect; launch.ts makes the folder once it is there. */
function makeElection(stack: Stack): Program | undefined {
  if (existsSync(dataFolder(stack, 'failover'))) return undefined;
  return { mainClass: FAILOVER, args: [asNameNode('nn1'), '-formatZK', '-force', '-nonInteractive'] };
}

const journalNode: Daemon = {
  name: 'journalnode',
  title: 'HDFS JournalNode',
  family: 'hadoop',
  jarSet: 'hadoop',
  heapMiB: 128,
  collector: 'serial',
  jvm: [],
  ports: ['journal', 'journalHttp'],
  after: [],
  program: () => ({ mainClass: 'org.apache.hadoop.hdfs.qjournal.server.JournalNode', args: [] }),
  ready: probe.journalNodeReady,
};

interface ServerWish {
  readonly name: 'master' | 'master2' | 'regionserver' | 'regionserver2';
  readonly of: 'master' | 'regionserver';
  readonly title: string;
  /** RPC, then HTTP. */
  readonly ports: readonly [PortName, PortName];
}

function ofHBase({ name, of, title, ports }: ServerWish): Daemon {
  const usual = plain(of);
  return {
    ...usual,
    name,
    title,
    ports,
    heapMiB: of === 'master' ? 384 : 1_536,
    after: ['zookeeper', 'datanode', 'failover', 'failover2'],
    program: (stack) => ({
      mainClass: usual.program(stack).mainClass,
      args: [
        setting(`hbase.${of}.port`, stack.ports[ports[0]]),
        setting(`hbase.${of}.info.port`, stack.ports[ports[1]]),
        'start',
      ],
    }),
    ready: of === 'master' ? probe.masterReady(ports[1]) : probe.regionserverReady(ports[1]),
  };
}

/** In order of start. */
export const haDaemons: readonly Daemon[] = [
  plain('zookeeper'),
  journalNode,
  nameNode('namenode', {
    title: 'HDFS NameNode nn1',
    ports: ['namenode', 'namenodeHttp'],
    after: ['journalnode'],
    first: '-format',
  }),
  nameNode('namenode2', {
    title: 'HDFS NameNode nn2',
    ports: ['namenode2', 'namenode2Http'],
    after: ['namenode'],
    first: '-bootstrapStandby',
  }),
  failover('failover', { id: 'nn1', after: ['zookeeper', 'namenode'] }),
  failover('failover2', { id: 'nn2', after: ['failover', 'namenode2'] }),
  plain('datanode'),
  kafkaNode(1, 512),
  kafkaNode(2, 512),
  kafkaNode(3, 512),
  ofHBase({ name: 'master', of: 'master', title: 'HBase master', ports: ['master', 'masterInfo'] }),
  ofHBase({ name: 'master2', of: 'master', title: 'HBase master 2', ports: ['master2', 'master2Info'] }),
  ofHBase({
    name: 'regionserver',
    of: 'regionserver',
    title: 'HBase region server',
    ports: ['regionserver', 'regionserverInfo'],
  }),
  ofHBase({
    name: 'regionserver2',
    of: 'regionserver',
    title: 'HBase region server 2',
    ports: ['regionserver2', 'regionserver2Info'],
  }),
];
