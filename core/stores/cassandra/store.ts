/**
 * Cassandra as the store of rows: its client, and every port on top of it (room/row-store.ts).
 *
 * open.ts calls it when STORES is cassandra. The client connects with its first question.
 */
import type { Config } from '../../process/config.ts';
import { keyspaceOf } from '../../process/store-settings.ts';
import type { RowStore, StoredCell } from '../room/row-store.ts';
import type { Rules } from '../../domain/rules.ts';
import type { DetectionsStore } from '../tables/detections.ts';
import type { CassandraClient, Statement } from './client.ts';
import { locationShard } from '../../layout/cassandra.ts';
import {
  CONTROL_FAMILY,
  CONTROL_QUALIFIER,
  DETECTION_QUALIFIER,
  LOCATION_FAMILY,
  LOCATION_QUALIFIER,
  oidOfRow,
} from '../../layout/hbase.ts';
import { firstMetTable, setOfTable } from '../../layout/cassandra.ts';
import { controlOf } from '../control/control.ts';
import { batchViewIn } from './batch-view.ts';
import { cassandraClient } from './client.ts';
import { detectionsIn } from './detections.ts';
import { durabilityFault } from './durability.ts';
import { isWithoutTables } from './faults.ts';
import { forgottenRowsIn } from './forgotten-rows.ts';
import { firstMetTables } from './first-met-tables.ts';
import { agreementsIn, factsIn } from './json-facts.ts';
import { locationsIn } from './locations.ts';
import { oldGenerationsIn } from './old-generations.ts';
import { withRecentRows } from './recent-rows.ts';
import { ensureSchema, timesToLive } from './schema.ts';
import { speedViewIn } from './speed-view.ts';
import { viewRows } from './view-rows.ts';

export interface CassandraStoreOptions {
  readonly callTimeoutMs?: number;
  readonly operationTimeoutMs?: number;
  /** Go on with one replica while no quorum answers, if CASSANDRA_CONSISTENCY says so: for workers and serving. */
  readonly mayBeWeak?: boolean;
}

/** The store, with the client for whoever reaches below the ports (tests). */
export interface CassandraStore extends RowStore {
  readonly cassandra: CassandraClient;
  readonly keyspace: string;
}

export function isCassandra(store: RowStore): store is CassandraStore {
  return 'cassandra' in store;
}

export function cassandraStore(config: Config, options: CassandraStoreOptions = {}): CassandraStore {
  const keyspace = keyspaceOf(config);
  const datacenter = config.CASSANDRA_DATACENTER;
  const isWeakAllowed = options.mayBeWeak === true && config.CASSANDRA_CONSISTENCY === 'one';
  const client = cassandraClient({
    nodes: config.CASSANDRA_NODES,
    datacenter,
    user: config.CASSANDRA_USER,
    password: config.CASSANDRA_PASSWORD,
    callTimeoutMs: options.callTimeoutMs ?? 10_000,
    operationTimeoutMs: options.operationTimeoutMs ?? 30_000,
    probe: isWeakAllowed ? probeIn(keyspace) : undefined,
  });
  const detectionsOf = (rules: Rules): DetectionsStore => {
    const detections = detectionsIn(client, keyspace, rules);
    return isWeakAllowed ? withRecentRows(detections) : detections;
  };
  return {
    ...{ cassandra: client, keyspace },
    name: 'Cassandra',
    address: config.CASSANDRA_NODES,
    space: `keyspace ${keyspace}`,
    certainty: client.certainty,
    control: controlOf(agreementsIn(client, keyspace), factsIn(client, keyspace), {
      mayDoubt: config.CASSANDRA_CONSISTENCY === 'one',
    }),
    locations: locationsIn(client, keyspace),
    oldGenerations: oldGenerationsIn(client, keyspace),
    counting: (rules) => ({
      detections: detectionsOf(rules),
      speedView: speedViewIn(client, keyspace, rules),
      batchView: batchViewIn(client, keyspace, rules),
      forgottenRows: forgottenRowsIn(client, keyspace, rules),
    }),
    firstMetSets: (admin) => firstMetTables(client, keyspace, admin),
    ensureTables: (firstMet) =>
      ensureSchema(client, { name: keyspace, datacenter, replication: config.CASSANDRA_REPLICATION }, firstMet),
    isWithoutTables,
    durabilityFault: () => durabilityFault(client),
    async cellsOf(table, row) {
      const cells = await cellsIn(client, keyspace)[table](row);
      return cells.length === 0 ? null : cells;
    },
    ping: () => client.ping(),
    close: () => client.close(),
  };
}

const probeIn = (keyspace: string): Statement => ({
  query: `SELECT name FROM ${keyspace}.facts WHERE name = ?`,
  params: ['probe'],
});

/** Every cell of a row, as the layout of hbase.ts names it. */
function cellsIn(client: CassandraClient, keyspace: string) {
  const one = async (query: string, params: (string | bigint | number)[]) => client.read({ query, params });
  return {
    speed_view: (row: Buffer) => viewRows(client, `${keyspace}.speed_view`).whole(row),
    batch_view: (row: Buffer) => viewRows(client, `${keyspace}.batch_view`).whole(row),
    async control(row: Buffer): Promise<StoredCell[]> {
      const found = await Promise.all(
        ['facts', 'agreed'].map((table) =>
          one(`SELECT json, WRITETIME(json) AS at FROM ${keyspace}.${table} WHERE name = ?`, [row.toString()]),
        ),
      );
      return found.flat().map(({ json, at }) => ({
        ...{ family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, timestamp: Number(at) },
        value: Buffer.from(json as string),
      }));
    },
    async locations(row: Buffer): Promise<StoredCell[]> {
      const query = `SELECT name, WRITETIME(name) AS at FROM ${keyspace}.locations WHERE shard = ? AND oid = ?`;
      return (await one(query, [locationShard(oidOfRow(row)), BigInt(oidOfRow(row))])).map(({ name, at }) => ({
        ...{ family: LOCATION_FAMILY, qualifier: LOCATION_QUALIFIER, timestamp: Number(at) },
        value: Buffer.from(name as string),
      }));
    },
    async detections(row: Buffer): Promise<StoredCell[]> {
      const sets = [...(await timesToLive(client, keyspace)).keys()].map(setOfTable).filter((set) => set !== null);
      const found = await Promise.all(
        sets.map(async (set) => {
          const query = `SELECT met, WRITETIME(met) AS at FROM ${keyspace}.${firstMetTable(set)} WHERE id = ?`;
          return (await one(query, [BigInt(oidOfRow(row))])).map(({ met, at }) => ({
            ...{ family: set, qualifier: DETECTION_QUALIFIER, timestamp: Number(at) },
            value: met as Buffer,
          }));
        }),
      );
      return found.flat();
    },
  };
}
