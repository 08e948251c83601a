/**
 * The sets of first-met rows in Cassandra (tables/first-met-sets.ts): a table each.
 *
 * A table is dropped without reading its rows. A row's life is fixed when it is written: a longer one holds for later
 * rows, so retention.ms is raised while the layers keep up (docs/decisions/0022-cassandra.md).
 */
import type { LogAdmin } from '../kafka/types.ts';
import type { FirstMetSets } from '../tables/first-met-sets.ts';
import type { CassandraClient } from './client.ts';
import { firstMetTable, setOfTable } from '../../layout/cassandra.ts';
import { detectionFamily } from '../../layout/hbase.ts';
import { setPlans } from '../tables/first-met-sets.ts';
import { ensureFirstMet, timesToLive } from './schema.ts';

export function firstMetTables(
  client: CassandraClient,
  keyspace: string,
  admin: Pick<LogAdmin, 'facts'>,
): FirstMetSets {
  return {
    async ensure(rules) {
      const facts = await admin.facts();
      if (!facts) return;
      for (const plan of setPlans([rules], facts)) await ensureFirstMet(client, keyspace, plan);
    },
    async unneeded(living) {
      const needed = new Set(living.map(detectionFamily));
      const sets = [...(await timesToLive(client, keyspace)).keys()].map(setOfTable);
      return sets.filter((set) => set !== null).filter((set) => !needed.has(set));
    },
    async drop(sets) {
      for (const set of sets) await client.define(`DROP TABLE IF EXISTS ${keyspace}.${firstMetTable(set)}`);
    },
    async life(rules) {
      const there = await timesToLive(client, keyspace);
      if (there.size === 0) return null;
      const table = firstMetTable(detectionFamily(rules));
      const seconds = there.get(table);
      const ttlSeconds = seconds === 0 ? undefined : seconds;
      return { where: `${keyspace}.${table}`, isThere: seconds !== undefined, ttlSeconds };
    },
  };
}
