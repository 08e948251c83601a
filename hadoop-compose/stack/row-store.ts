/**
 * Which store of rows a stack has: HBase, or so many nodes of Cassandra. The first start decides; a note in the stack's
 * folder says so to every later command, until `cluster reset` deletes the folder.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../../core/process/errors.ts';
import { ClusterError } from './errors.ts';
import { addressOfNode } from './cassandra-nodes.ts';
import { addressesOf } from './ports.ts';
import type { Stack } from './stack.ts';

export type NodeCount = 1 | 3;

export interface StoreWish {
  readonly stores?: 'hbase' | 'cassandra' | undefined;
  readonly cassandraNodes?: NodeCount | undefined;
}

const noteOf = ({ folder }: Pick<Stack, 'folder'>): string => join(folder, 'row-store.json');

interface Note {
  readonly cassandraNodes?: NodeCount;
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
  writeFileSync(noteOf(stack), JSON.stringify({ cassandraNodes: stack.cassandraNodes }));
}

/** The stack with the store that is wished for. Throws if it keeps its rows in another one. */
export function withRowStore(stack: Stack, { stores, cassandraNodes }: StoreWish): Stack {
  if (stores === 'hbase' && cassandraNodes)
    throw new ClusterError('--cassandra-nodes is for the store cassandra, and --stores says hbase', EXIT.usage);
  if (stack.isSecured) {
    if (stores === 'cassandra' || cassandraNodes)
      throw new ClusterError('A secured stack keeps its rows in HBase; leave --secured or Cassandra out', EXIT.usage);
    return stack;
  }
  const recorded = noteIn(stack);
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
  return { ...stack, cassandraNodes: wished };
}

function textOf(nodes: NodeCount | undefined): string {
  return nodes === undefined ? 'HBase' : `Cassandra on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
}

export const storesOption = (): Option =>
  new Option('--stores <name>', 'what keeps the rows (hbase; on a stack that exists, what it has)').choices([
    'hbase',
    'cassandra',
  ]);

export const cassandraNodesOption = (): Option =>
  new Option('--cassandra-nodes <n>', 'Cassandra on so many nodes keeps the rows: 1, or 3 of which one may fail')
    .choices(['1', '3'])
    .argParser((text) => {
      if (text === '1' || text === '3') return Number(text);
      throw new InvalidArgumentError('Allowed choices are 1, 3.');
    });

/** What the environment asks for. */
export function storesIn({ STORES }: Readonly<Record<string, string | undefined>>): StoreWish['stores'] {
  return STORES === 'hbase' || STORES === 'cassandra' ? STORES : undefined;
}

/** What the layers have to be told to find this stack: the variables of their configuration. */
export function addressesIn({ ports, cassandraNodes }: Stack): Record<string, string> {
  const { HBASE_ZOOKEEPER, ...others } = addressesOf(ports);
  if (!cassandraNodes) return { ...others, HBASE_ZOOKEEPER };
  const nodes = Array.from({ length: cassandraNodes }, (_, i) => `${addressOfNode(i + 1)}:${ports.cassandra}`);
  return {
    ...others,
    STORES: 'cassandra',
    CASSANDRA_NODES: nodes.join(','),
    CASSANDRA_REPLICATION: String(cassandraNodes),
  };
}
