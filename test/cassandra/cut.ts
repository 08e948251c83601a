/**
 * Cuts a node off: nothing that is sent to it arrives, and nothing that it sends leaves it.
 *
 * What is sent to its address is dropped where it comes in. A node connects to others from 127.0.0.1, as everybody on
 * this machine does, so what it sends is told by the group of its process (`inGroup`). The rules are in a table of
 * nftables that only this stack has; root alone may set them. On the packages' side that is Debian's `nftables`.
 */
import { execFileSync } from 'node:child_process';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { addressOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';

/** Nobody's; the port of the stack makes it another one for each stack. */
const GROUP_BASE = 40_000;

const groupOf = ({ ports }: Stack): number => GROUP_BASE + (ports.cassandra % 20_000);
const tableOf = ({ ports }: Stack): string => `sightline_cut_${ports.cassandra}`;

/** Words before `java` with which a node starts that will be cut off. */
export const inGroup = (stack: Stack): string => `setpriv --regid ${groupOf(stack)} --keep-groups`;

export function cutOff(stack: Stack, node: number): void {
  const { cassandra, cassandraStorage } = stack.ports;
  const rules = `table inet ${tableOf(stack)} {
    chain arrives {
      type filter hook input priority 0;
      ip daddr ${addressOfNode(node)} tcp dport { ${cassandra}, ${cassandraStorage} } drop
    }
    chain leaves {
      type filter hook output priority 0;
      meta skgid ${groupOf(stack)} drop
    }
  }
  `;
  execFileSync('nft', ['-f', '-'], { input: rules, stdio: ['pipe', 'ignore', 'inherit'] });
}

/** Does nothing if nobody is cut off. */
export function heal(stack: Stack): void {
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  if (tables.includes(`${tableOf(stack)}\n`)) execFileSync('nft', ['delete', 'table', 'inet', tableOf(stack)]);
}
