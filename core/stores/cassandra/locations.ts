/** The names of places in Cassandra (tables/locations.ts): a few shards, each one partition, read whole. */
import type { Oid } from '../../domain/oid.ts';
import type { LocationsStore } from '../tables/locations.ts';
import type { CassandraClient } from './client.ts';
import { LOCATION_SHARDS, locationShard } from '../../layout/cassandra.ts';
import { writeRows } from './chunks.ts';

export function locationsIn(client: CassandraClient, keyspace: string): LocationsStore {
  const table = `${keyspace}.locations`;
  const insert = `INSERT INTO ${table} (shard, oid, name) VALUES (?, ?, ?) USING TIMESTAMP ?`;
  const shards = Array.from({ length: LOCATION_SHARDS }, (_, shard) => shard);
  return {
    async all() {
      const query = `SELECT oid, name FROM ${table} WHERE shard = ?`;
      const rows = await Promise.all(shards.map((shard) => client.read({ query, params: [shard] })));
      return rows.flat().map(({ oid, name }) => ({ oid: String(oid) as Oid, name: name as string }));
    },
    async put(locations, version) {
      const statements = locations.map(({ oid, name }) => ({
        query: insert,
        params: [locationShard(oid), BigInt(oid), name, BigInt(version)],
      }));
      await writeRows(client, statements);
    },
  };
}
