/**
 * Asks nodes that do not answer last: a node that was halted keeps its connections, and each question that goes to it
 * first costs the wait until the driver asks the next one.
 *
 * client.ts gives the policy to the driver and starts the watch with the first question. Each node that the driver
 * takes for up is asked for a row of its own four times a second; while an answer is overdue, the node is the last
 * choice.
 */
import type { Client, Host } from 'cassandra-driver';
import { policies } from 'cassandra-driver';

const LOOK_EVERY_MS = 250;
const OVERDUE_MS = 400;
const ANSWER_LIMIT_MS = 5_000;

export interface SlowNodes {
  readonly policy: policies.loadBalancing.LoadBalancingPolicy;
  watch(client: Client): void;
  close(): void;
}

export function slowNodes(datacenter: string): SlowNodes {
  const slow = new Set<string>();
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const look = async (client: Client, host: Host): Promise<void> => {
    const { address } = host;
    if (pending.has(address)) return;
    pending.add(address);
    const overdue = setTimeout(() => slow.add(address), OVERDUE_MS);
    try {
      await client.execute('SELECT key FROM system.local', [], { ...OF_ONE_NODE, host });
      slow.delete(address);
    } catch {
      slow.add(address);
    } finally {
      clearTimeout(overdue);
      pending.delete(address);
    }
  };
  return {
    policy: new SlowLast(slow, datacenter),
    watch(client) {
      timer ??= setInterval(() => {
        for (const host of client.hosts.values()) if (host.isUp()) void look(client, host);
      }, LOOK_EVERY_MS).unref();
    },
    close() {
      if (timer) clearInterval(timer);
    },
  };
}

const OF_ONE_NODE = { prepare: false, isIdempotent: false, readTimeout: ANSWER_LIMIT_MS } as const;

class SlowLast extends policies.loadBalancing.TokenAwarePolicy {
  private readonly slow: ReadonlySet<string>;
  constructor(slow: ReadonlySet<string>, datacenter: string) {
    super(new policies.loadBalancing.DCAwareRoundRobinPolicy(datacenter));
    this.slow = slow;
  }
  override newQueryPlan(
    keyspace: string,
    options: Parameters<policies.loadBalancing.LoadBalancingPolicy['newQueryPlan']>[1],
    callback: (error: Error, iterator: Iterator<Host>) => void,
  ): void {
    if (this.slow.size === 0) return super.newQueryPlan(keyspace, options, callback);
    super.newQueryPlan(keyspace, options, (error, iterator) => {
      if (error) return callback(error, iterator);
      const hosts: Host[] = [];
      for (let next = iterator.next(); !next.done; next = iterator.next()) hosts.push(next.value);
      const last = (host: Host): number => Number(this.slow.has(host.address));
      callback(error, hosts.sort((a, b) => last(a) - last(b)).values());
    });
  }
}
