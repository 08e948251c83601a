/**
 * The two stores of bench/stores: HBase of the stack of the environment, and one node of Cassandra beside it, over the
 * same Kafka and HDFS. Each measurement has a topic and tables of its own in one of them.
 */
import type { CassandraBeside } from '../../test/support/cassandra-beside.ts';
import type { BenchWorld } from '../support/world.ts';
import { benchWorld } from '../support/world.ts';

export const STORES = ['HBase', 'Cassandra'] as const;
export type StoreName = (typeof STORES)[number];

/** Daemons that a store has for itself. */
export const DAEMONS: Readonly<Record<StoreName, readonly string[]>> = {
  HBase: ['zookeeper', 'master', 'regionserver'],
  Cassandra: ['cassandra1'],
};

export async function worldOf(
  store: StoreName,
  beside: CassandraBeside,
  settings: Record<string, string> = {},
): Promise<BenchWorld> {
  if (store === 'HBase') return benchWorld({ ...settings, STORES: 'hbase' });
  const world = await benchWorld({ ...settings, ...beside.settings, STORES: 'cassandra' });
  const others = Object.entries(world.daemons).filter(([name]) => !DAEMONS.HBase.includes(name));
  return { ...world, daemons: { ...Object.fromEntries(others), cassandra1: beside.pid } };
}

/** Of figures by process: the sum over the daemons that the store has for itself. */
export function ofDaemons(store: StoreName, figures: Readonly<Record<string, number>>): number {
  return DAEMONS[store].reduce((sum, name) => sum + (figures[name] ?? 0), 0);
}
