/**
 * The nodes of Cassandra as daemons: they take the place of ZooKeeper and HBase in a stack that was started with
 * `--cassandra-nodes`.
 *
 * A node listens on a loopback address of its own (127.0.0.1, .2, .3) at the same ports, as nodes of a cluster do. The
 * first one is the seed; the others join an empty ring, one after the other. A node's heap is half a gigabyte and its
 * collector a serial one: on a laptop several of them share two cores with everything else.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jarsOf } from '../stack/checksums.ts';
import { confFolder, dataFolder, jarFolder } from '../stack/stack.ts';
import { addressOfNode, nameOfNode } from '../stack/cassandra-nodes.ts';
import type { Daemon } from './daemons.ts';
import { cassandraRingReady } from './cassandra-ring.ts';
import { cassandraReady } from './probes.ts';

export const HEAP_MIB = 512;

/** Parts of the JDK into which Cassandra reaches, beyond those of the others (launch.ts). */
const EXPORTED = [
  'java.base/jdk.internal.misc',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'java.base/java.lang.ref',
  'jdk.unsupported/sun.misc',
];
const OPENED = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'java.rmi/sun.rmi.transport.tcp',
];

/** With them its programs start too. */
export const CASSANDRA_JVM: readonly string[] = [
  ...EXPORTED.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...OPENED.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
];

function nodeOf(node: number): Daemon {
  return {
    name: nameOfNode(node),
    title: `Cassandra node ${node}`,
    family: 'cassandra',
    jarSet: 'cassandra',
    heapMiB: HEAP_MIB,
    collector: 'serial',
    host: addressOfNode(node),
    jvm: ['-Xss256k', '-XX:MaxDirectMemorySize=128m', '-Djdk.attach.allowAttachSelf=true', ...CASSANDRA_JVM],
    settings: (stack) => [
      `-javaagent:${join(jarFolder(stack, 'cassandra'), agentJar())}`,
      `-Dcassandra.storagedir=${dataFolder(stack, nameOfNode(node))}`,
      `-Dcassandra.config=${pathToFileURL(join(confFolder(stack, 'cassandra'), `${nameOfNode(node)}.yaml`)).href}`,
      '-Dcassandra-foreground=yes',
      // The ring is whole when it begins, and grows by no node later.
      '-Dcassandra.skip_wait_for_gossip_to_settle=0',
      '-Dcassandra.ring_delay_ms=2000',
    ],
    ports: ['cassandra', 'cassandraStorage'],
    after: node === 1 ? [] : [nameOfNode(node - 1)],
    program: () => ({ mainClass: 'org.apache.cassandra.service.CassandraDaemon', args: [] }),
    // The last node of a ring answers for all of it.
    ready: (stack) =>
      node > 1 && node === stack.cassandraNodes
        ? cassandraRingReady(stack)
        : cassandraReady(addressOfNode(node), stack.ports.cassandra),
  };
}

/** The agent that measures objects; Cassandra does not start without it. */
function agentJar(): string {
  return jarsOf('cassandra').find(({ file }) => file.startsWith('jamm-'))?.file ?? 'jamm.jar';
}

const NODES = [1, 2, 3].map(nodeOf);

/** Always the same values: callers compare them. */
export function cassandraDaemons(nodes: number): Daemon[] {
  return NODES.slice(0, nodes);
}
