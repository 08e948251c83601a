/**
 * Creates what Cassandra lacks: the keyspace and its tables; safe to repeat.
 *
 * `sightline prepare` calls it. An existing table keeps its options, with one exception: the time to live of first-met
 * rows is raised when Kafka's retention or W needs it (law L6). It holds for rows that are written from then on.
 * Nothing here shortens a time to live. A table of an earlier program gets the columns that it lacks; earlier programs
 * name their columns, so they go on beside.
 */
import type { CqlTable } from '../../layout/cassandra.ts';
import type { SetPlan } from '../tables/first-met-sets.ts';
import type { CassandraClient } from './client.ts';
import { CQL_TABLES, firstMetPlan, LATER_COLUMNS } from '../../layout/cassandra.ts';

export interface KeyspaceWishes {
  readonly name: string;
  readonly datacenter: string;
  /** Copies of each row in the data centre. */
  readonly replication: number;
}

export async function ensureSchema(
  client: CassandraClient,
  { name, datacenter, replication }: KeyspaceWishes,
  firstMet: readonly SetPlan[],
): Promise<void> {
  await client.define(
    `CREATE KEYSPACE IF NOT EXISTS ${name} WITH replication = ` +
      `{'class': 'NetworkTopologyStrategy', '${datacenter}': ${replication}}`,
  );
  const there = await timesToLive(client, name);
  for (const plan of CQL_TABLES) if (!there.has(plan.name)) await create(client, name, plan);
  await addLaterColumns(client, name);
  for (const plan of firstMet) await ensureFirstMet(client, name, plan, there);
}

async function addLaterColumns(client: CassandraClient, keyspace: string): Promise<void> {
  for (const { table, name, type } of LATER_COLUMNS) {
    const query =
      'SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ? AND column_name = ?';
    const found = await client.read({ query, params: [keyspace, table, name] });
    // IF NOT EXISTS: another "prepare" may add it at the same time.
    if (found.length === 0) await client.define(`ALTER TABLE ${keyspace}.${table} ADD IF NOT EXISTS ${name} ${type}`);
  }
}

/** Creates a table of first-met rows, or raises its time to live. */
export async function ensureFirstMet(
  client: CassandraClient,
  keyspace: string,
  { name: set, ttlSeconds }: SetPlan,
  there?: ReadonlyMap<string, number>,
): Promise<void> {
  const known = there ?? (await timesToLive(client, keyspace));
  const plan = firstMetPlan(set, ttlSeconds);
  const found = known.get(plan.name);
  if (found === undefined) await create(client, keyspace, plan);
  else if (found !== 0 && found < ttlSeconds)
    await client.define(`ALTER TABLE ${keyspace}.${plan.name} WITH default_time_to_live = ${ttlSeconds}`);
}

/** The tables of a keyspace with their default time to live in seconds; 0: for ever. */
export async function timesToLive(client: CassandraClient, keyspace: string): Promise<Map<string, number>> {
  const rows = await client.read({
    query: 'SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?',
    params: [keyspace],
  });
  return new Map(rows.map((row) => [row.table_name as string, row.default_time_to_live as number]));
}

function create(client: CassandraClient, keyspace: string, { name, columns, options }: CqlTable): Promise<void> {
  return client.define(`CREATE TABLE IF NOT EXISTS ${keyspace}.${name} (${columns}) WITH ${options.join(' AND ')}`);
}
