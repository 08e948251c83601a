/**
 * Whether the nodes keep what they acknowledge: with Cassandra's default settings a node acknowledges a write up to ten
 * seconds before it is on the disk, and one that is killed forgets those of the last tenth of a second.
 *
 * `prepare` says it, and `doctor` fails. A forgotten first-met row lets a copy count; a quorum of three does not help,
 * because the second of the two nodes that acknowledged a row may be the next one to die.
 */
import type { CassandraClient } from './client.ts';

const SETTING = 'commitlog_sync';
const ON_DISK_FIRST = ['group', 'batch'];

/** What is wrong with which nodes, and what to do; null if all wait for the disk, or say nothing of it. */
export async function durabilityFault(client: Pick<CassandraClient, 'readFromEach'>): Promise<string | null> {
  const query = `SELECT value FROM system_views.settings WHERE name = '${SETTING}'`;
  const nodes = await client.readFromEach({ query, params: [] });
  const early = nodes.filter(({ rows }) => rows.some(({ value }) => !ON_DISK_FIRST.includes(value as string)));
  if (early.length === 0) return null;
  return (
    `${early.map(({ node }) => node).join(', ')} of Cassandra acknowledge writes before they are on the disk ` +
    `(${SETTING}: ${early.map(({ rows }) => String(rows[0]!.value)).join(', ')}), so a node that is killed makes ` +
    'counts wrong. Set commitlog_sync: group and commitlog_sync_group_window: 1ms in cassandra.yaml'
  );
}
