/**
 * One node of Cassandra beside the stack of the environment, which keeps its rows in HBase: for tests that need both
 * stores over one log and one lake. Its folder is a temporary one; its ports are those that the stack leaves free.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemonOf } from '../../hadoop-compose/cluster/daemons-of.ts';
import { stopDaemons } from '../../hadoop-compose/cluster/down.ts';
import { fetchJars } from '../../hadoop-compose/cluster/jars.ts';
import { launch } from '../../hadoop-compose/cluster/launch.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { becomeReady } from '../../hadoop-compose/cluster/up.ts';
import { writeConf } from '../../hadoop-compose/cluster/conf/write.ts';
import { addressOfNode, nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { confFolder, dataFolder, jarFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';

export interface CassandraBeside {
  /** What names the node; STORES is the caller's. */
  readonly settings: Readonly<Record<string, string>>;
  readonly pid: number;
  /** The folder of its tables' files. */
  readonly tables: string;
  /** The file of its settings, which its programs read too. */
  readonly yaml: string;
  /** The class path of its programs. */
  readonly jars: string;
  /** SIGTERM: everything that it holds in memory goes to files, which stay until `stop`. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

const silent = (): void => undefined;

export async function cassandraBeside(): Promise<CassandraBeside> {
  const stack: Stack = {
    ...stackFrom(),
    folder: await mkdtemp(join(tmpdir(), 'sightline-cassandra-')),
    cassandraNodes: 1,
  };
  const stop = async (): Promise<void> => {
    await stopDaemons(stack, [nameOfNode(1)], silent);
    await rm(stack.folder, { recursive: true, force: true });
  };
  let pid: number;
  try {
    await fetchJars(stack, silent, undefined, ['cassandra']);
    await writeConf(stack);
    const node = daemonOf(nameOfNode(1));
    pid = await launch(stack, node, await findJava());
    await becomeReady(stack, node);
  } catch (fault) {
    await stop();
    throw fault;
  }
  const settings = {
    CASSANDRA_NODES: `${addressOfNode(1)}:${stack.ports.cassandra}`,
    CASSANDRA_REPLICATION: '1',
  };
  return {
    ...{ settings, pid, stop, jars: join(jarFolder(stack, 'cassandra'), '*') },
    yaml: join(confFolder(stack, 'cassandra'), `${nameOfNode(1)}.yaml`),
    tables: join(dataFolder(stack, nameOfNode(1)), 'data'),
    drain: async () => void (await stopDaemons(stack, [nameOfNode(1)], silent)),
  };
}
