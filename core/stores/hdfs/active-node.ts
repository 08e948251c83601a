/**
 * Which of several NameNodes is asked: the one that answered last, and the next one when it is away or on standby.
 *
 * asking.ts and hdfs.ts ask through it. A request that was not carried out (the node is on standby, or the connection
 * was refused) is asked again elsewhere, and so is one that may be repeated; every other one fails as it does with a
 * single NameNode, since nobody knows whether it was carried out. While none is active, requests wait for some seconds:
 * that is how long a failover takes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Retryable } from '../../process/errors.ts';
import { isAway, wasNotDone } from './faults.ts';
import type { NameNode } from './name-node.ts';

/** A failover takes some seconds; one that takes longer needs a person. */
const FAILOVER_LIMIT_MS = 45_000;
const PAUSE_MS = 250;

export interface Terms {
  /** Whether asking twice does what asking once does. */
  readonly isRepeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ActiveNode {
  readonly hasSeveral: boolean;
  /** Runs `work` on the active node, which is entered. */
  through<T>(work: (node: NameNode) => Promise<T>, terms: Terms): Promise<T>;
  /** Somebody met this fault there: the next request goes elsewhere if the node is away. */
  leave(node: NameNode, fault: unknown): void;
  /** Repeats work of many requests, such as the writing of a file, that ends at a failover. */
  persist<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function activeNode(nodes: readonly NameNode[], limitMs = FAILOVER_LIMIT_MS): ActiveNode {
  let current = nodes[0]!;
  const leave = (node: NameNode, fault: unknown): void => {
    if (current === node && isAway(fault)) current = nodes[(nodes.indexOf(node) + 1) % nodes.length]!;
  };
  const hasSeveral = nodes.length > 1;
  return {
    hasSeveral,
    leave,
    async through(work, { isRepeatable, signal }) {
      let deadline = Infinity;
      for (let tries = 1; ; tries++) {
        const node = current;
        let isEntered = false;
        try {
          await node.enter();
          isEntered = true;
          return await work(node);
        } catch (thrown) {
          signal?.throwIfAborted();
          leave(node, thrown);
          // From the first fault on: a request may hang for long before it meets one.
          deadline = Math.min(deadline, Date.now() + limitMs);
          const isSafe = !isEntered || isRepeatable || wasNotDone(thrown);
          if (!hasSeveral || !isAway(thrown) || !isSafe || Date.now() > deadline) throw thrown;
          // Each of them was asked: a failover is under way.
          if (tries % nodes.length === 0) await pause(PAUSE_MS, undefined, signal ? { signal } : {});
        }
      }
    },
    async persist(work, signal) {
      let deadline = Infinity;
      for (;;) {
        try {
          return await work();
        } catch (thrown) {
          deadline = Math.min(deadline, Date.now() + limitMs);
          if (!hasSeveral || !(thrown instanceof Retryable) || Date.now() > deadline) throw thrown;
          await pause(PAUSE_MS, undefined, signal ? { signal } : {});
        }
      }
    },
  };
}
