/**
 * Which store keeps the rows, and the settings of Cassandra: part of the configuration (config.ts).
 *
 * The keyspace has the name of HBase's namespace unless one is given, so that tests and second systems name one thing.
 */
import { z } from 'zod';
import { hostPorts } from './setting-types.ts';

export const STORE_SETTINGS = {
  /** What keeps counts, first-met rows, control rows and places (docs/decisions/0022-cassandra.md). */
  STORES: z.enum(['hbase', 'cassandra']).default('hbase'),
  /** Some nodes; the others are found through them. */
  CASSANDRA_NODES: hostPorts.default('127.0.0.1:9042'),
  /** The data centre whose replicas answer. Cassandra calls its only one datacenter1. */
  CASSANDRA_DATACENTER: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters (a-z, A-Z), digits and . _ -')
    .default('datacenter1'),
  CASSANDRA_KEYSPACE: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,47}$/, 'expected up to 48 of a-z, 0-9 and _, a letter first')
    .optional(),
  /** Copies of each row in a keyspace that "sightline prepare" creates: 3 where one node may die. */
  CASSANDRA_REPLICATION: z.coerce.number().int().min(1).max(9).default(3),
  /**
   * How many replicas answer. quorum: as exact as HBase. one: workers and the API go on with one replica while a quorum
   * is away, answers say `provisional`, and the batch layer proves and repairs the epoch afterwards.
   */
  CASSANDRA_CONSISTENCY: z.enum(['quorum', 'one']).default('quorum'),
  CASSANDRA_USER: z.string().min(1).optional(),
  /** Better in a file: CASSANDRA_PASSWORD_FILE. */
  CASSANDRA_PASSWORD: z.string().min(1).optional(),
} as const;

/** What people call the store that keeps the rows. */
export function storeNameOf({ STORES }: { readonly STORES?: 'hbase' | 'cassandra' }): 'HBase' | 'Cassandra' {
  return STORES === 'cassandra' ? 'Cassandra' : 'HBase';
}

export function keyspaceOf(config: {
  readonly CASSANDRA_KEYSPACE?: string | undefined;
  readonly HBASE_NAMESPACE: string;
}): string {
  return config.CASSANDRA_KEYSPACE ?? config.HBASE_NAMESPACE.toLowerCase();
}
