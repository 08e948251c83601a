/**
 * Which store of rows a stack has: HBase, or so many nodes of Cassandra; and whether its daemons have a second one. The
 * first start decides; a note in the stack's folder says so to every later command, until `cluster reset` deletes the
 * folder.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../core/process/errors.ts';
import { ClusterError } from './errors.ts';
import { addressOfNode } from './cassandra-nodes.ts';
import { brokerName, brokersOf } from './brokers.ts';
import { addressesOf, loopback } from './ports.ts';
import type { Stack } from './stack.ts';

export type NodeCount = 1 | 3;

export interface StoreWish {
  readonly stores?: 'hbase' | 'cassandra' | undefined;
  readonly cassandraNodes?: NodeCount | undefined;
  /** A second NameNode, master and region server, and three brokers. */
  readonly ha?: boolean | undefined;
}

const noteOf = ({ folder }: Pick<Stack, 'folder'>): string => join(folder, 'row-store.json');

interface Note {
  readonly cassandraNodes?: NodeCount;
  readonly isHa?: boolean;
}

/** Null before the first start. */
function noteIn(stack: Pick<Stack, 'folder'>): Note | null {
  try {
    return JSON.parse(readFileSync(noteOf(stack), 'utf8')) as Note;
  } catch {
    return null;
  }
}

export function recordRowStore(stack: Stack): void {
  mkdirSync(stack.folder, { recursive: true });
  writeFileSync(noteOf(stack), JSON.stringify({ cassandraNodes: stack.cassandraNodes, isHa: stack.isHa }));
}

/** The stack with the store that is wished for. Throws if it keeps its rows in another one. */
export function withRowStore(stack: Stack, { stores, cassandraNodes, ha }: StoreWish): Stack {
  if (ha && (stack.isSecured || stores === 'cassandra' || cassandraNodes))
    throw new ClusterError(
      '--ha goes together neither with --secured nor with Cassandra, whose nodes are each as good as the other',
      EXIT.usage,
    );
  if (stores === 'hbase' && cassandraNodes)
    throw new ClusterError('--cassandra-nodes is for the store cassandra, and --stores says hbase', EXIT.usage);
  if (stack.isSecured) {
    if (stores === 'cassandra' || cassandraNodes)
      throw new ClusterError('A secured stack keeps its rows in HBase; leave --secured or Cassandra out', EXIT.usage);
    return stack;
  }
  const recorded = noteIn(stack);
  if (ha && recorded !== null && recorded.isHa !== true)
    throw new ClusterError(
      `The stack in ${stack.folder} has one daemon of each kind, and --ha asks for two. Take another stack ` +
        '(SIGHTLINE_STACK), or delete this one with "sightline cluster reset".',
      EXIT.usage,
    );
  const wished =
    stores === 'hbase'
      ? undefined
      : (cassandraNodes ?? recorded?.cassandraNodes ?? (stores === 'cassandra' ? 1 : undefined));
  if (recorded !== null && recorded.cassandraNodes !== wished)
    throw new ClusterError(
      `The stack in ${stack.folder} keeps its rows in ${textOf(recorded.cassandraNodes)}, and ${textOf(wished)} was ` +
        'asked for. Leave the option and STORES out, take another stack (SIGHTLINE_STACK), or delete this one with ' +
        '"sightline cluster reset".',
      EXIT.usage,
    );
  return { ...stack, cassandraNodes: wished, isHa: ha ?? recorded?.isHa };
}

function textOf(nodes: NodeCount | undefined): string {
  return nodes === undefined ? 'HBase' : `Cassandra on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
}

/** What the environment asks for. */
export function storesIn({ STORES }: Readonly<Record<string, string | undefined>>): StoreWish['stores'] {
  return STORES === 'hbase' || STORES === 'cassandra' ? STORES : undefined;
}

/** What the layers have to be told to find this stack: the variables of their configuration. */
export function addressesIn({ ports, cassandraNodes, isHa }: Stack): Record<string, string> {
  const { HBASE_ZOOKEEPER, ...others } = addressesOf(ports);
  if (isHa)
    return {
      HBASE_ZOOKEEPER,
      KAFKA_BROKERS: brokersOf({ isHa })
        .map((node) => `${loopback}:${ports[brokerName(node)]}`)
        .join(),
      KAFKA_REPLICATION: '3',
      // What the environment may say of a single one counts no more.
      WEBHDFS_URL: '',
      WEBHDFS_URLS: [ports.namenodeHttp, ports.namenode2Http].map((port) => `http://${loopback}:${port}`).join(),
    };
  if (!cassandraNodes) return { ...others, HBASE_ZOOKEEPER };
  const nodes = Array.from({ length: cassandraNodes }, (_, i) => `${addressOfNode(i + 1)}:${ports.cassandra}`);
  return {
    ...others,
    STORES: 'cassandra',
    CASSANDRA_NODES: nodes.join(','),
    CASSANDRA_REPLICATION: String(cassandraNodes),
  };
}
