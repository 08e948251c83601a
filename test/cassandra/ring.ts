/**
 * Three nodes of Cassandra, and what a test may do to one of them. `npm run test:cassandra` gives the stack; what
 * happens meanwhile is of test/support/struck-world.ts. Whatever was done, `whole` brings all nodes back.
 */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemonOf } from '../../hadoop-compose/cluster/daemons-of.ts';
import { launch } from '../../hadoop-compose/cluster/launch.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { becomeReady, clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { eventually } from '../support/main-job.ts';
import type { StruckWorld } from '../support/struck-world.ts';
import { openStruckWorld } from '../support/struck-world.ts';

const GONE_LIMIT_MS = 20_000;
const USUAL_RATE = 300;
/** Detections a second: `npm run test:cassandra -- --rate N`. */
const perSecond = Number(process.env.SIGHTLINE_CASSANDRA_RATE || USUAL_RATE);

export const stack = withRowStore(stackFrom(), {});

export async function openRing(settings: Record<string, string>): Promise<StruckWorld> {
  assert.equal(stack.cassandraNodes, 3, 'a stack of three nodes');
  await whole();
  return openStruckWorld(settings, perSecond);
}

export const kill = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGKILL');
export const halt = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGSTOP');
export const goOn = (node: number): void => void process.kill(pidOf(stack, nameOfNode(node))!, 'SIGCONT');

/** Kills a node, and waits until its process is gone. */
export async function gone(node: number): Promise<void> {
  if (pidOf(stack, nameOfNode(node)) === undefined) return;
  kill(node);
  const pid = async (): Promise<number | undefined> => pidOf(stack, nameOfNode(node));
  await eventually('the node gone', pid, (found) => found === undefined, GONE_LIMIT_MS);
}

/** Starts the nodes that do not run, and waits until all answer. */
export async function whole(): Promise<void> {
  for (const node of [1, 2, 3]) if (pidOf(stack, nameOfNode(node)) !== undefined) goOn(node);
  await clusterUp(stack, () => undefined);
}

/** Starts a node that does not run: `settings` for its JVM, and `before`, words of a shell that precede `java`. */
export async function startNode(
  node: number,
  { settings = [], before = '' }: { settings?: readonly string[]; before?: string },
): Promise<void> {
  const daemon = daemonOf(nameOfNode(node));
  const own = daemon.settings!(stack);
  const java = join(stack.folder, `java-of-${nameOfNode(node)}.sh`);
  // The process stays the same one, with the marks by which it is found.
  writeFileSync(java, `#!/bin/sh\nexec ${before} '${await findJava()}' "$@"\n`);
  chmodSync(java, 0o700);
  await launch(stack, { ...daemon, settings: () => [...own, ...settings] }, java);
  await becomeReady(stack, daemon);
}
