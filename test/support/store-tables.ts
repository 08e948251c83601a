/** What tests do to the store of rows past its ports, whichever it is: look at every cell, remove rows, drop all. */
import cassandra from 'cassandra-driver';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { HourRowName } from '../../core/domain/hour-counts.ts';
import { COUNT_FAMILIES, DETECTION_FAMILY, LIST_FAMILY, saltedOid, speedRow } from '../../core/layout/hbase.ts';
import { generationRanges } from '../../core/layout/hbase-ranges.ts';
import { TABLES } from '../../core/layout/tables.ts';
import type { Config } from '../../core/process/config.ts';
import { keyspaceOf } from '../../core/process/store-settings.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import type { StoredCell } from '../../core/stores/room/row-store.ts';
import { deleteRows } from '../../core/stores/rows/hbase-rows.ts';
import { scanRanges } from '../../core/stores/views/count-view.ts';

/** The settings of a process that finds no store of rows. */
export const STORE_AWAY: Readonly<Record<string, string>> =
  process.env.STORES === 'cassandra' ? { CASSANDRA_NODES: '127.0.0.1:1' } : { HBASE_ZOOKEEPER: '127.0.0.1:1' };

type RowCell = StoredCell & { readonly row: Buffer };

/** Removes every table of this configuration. */
export async function dropTables(config: Config): Promise<void> {
  if (config.STORES === 'cassandra')
    return asked(config, (ask) => ask(`DROP KEYSPACE IF EXISTS ${keyspaceOf(config)}`));
  const hbase = openHBase(config);
  const { HBASE_NAMESPACE: namespace } = config;
  for (const table of TABLES) await hbase.admin.dropTable(`${namespace}:${table}`);
  await hbase.admin.dropNamespace(namespace);
  await hbase.close();
}

/** Removes a row of generation 1 from the speed view, with all that was ever written to it. */
export async function removeSpeedRow(config: Config, name: HourRowName, partition: number): Promise<void> {
  const row = speedRow(1, name, partition);
  const timestamp = Number.MAX_SAFE_INTEGER;
  if (config.STORES === 'cassandra')
    return asked(config, (ask) =>
      ask(`DELETE FROM ${keyspaceOf(config)}.speed_view USING TIMESTAMP ${timestamp} WHERE row = ?`, [row]),
    );
  const hbase = openHBase(config);
  const families = [...COUNT_FAMILIES, LIST_FAMILY];
  await deleteRows(hbase, `${config.HBASE_NAMESPACE}:speed_view`, [{ row, families, timestamp }]);
  await hbase.close();
}

/** Removes first-met rows that generations share, as their time to live does. */
export async function forget(config: Config, rows: readonly FirstMet[]): Promise<void> {
  if (config.STORES === 'cassandra')
    return asked(config, async (ask) => {
      for (const { detection, arrival } of rows)
        await ask(`DELETE FROM ${keyspaceOf(config)}.first_met USING TIMESTAMP ${arrival} WHERE id = ${detection.id}`);
    });
  const hbase = openHBase(config);
  const deletes = rows.map(({ detection, arrival }) => ({
    row: saltedOid(detection.id),
    families: [DETECTION_FAMILY],
    timestamp: arrival,
  }));
  await deleteRows(hbase, `${config.HBASE_NAMESPACE}:detections`, deletes);
  await hbase.close();
}

/** Every cell that a generation has in the batch view. */
export async function batchViewCells(config: Config, generation: number): Promise<RowCell[]> {
  const cells: RowCell[] = [];
  if (config.STORES === 'cassandra') {
    await asked(config, async (ask) => {
      const found = await ask(`SELECT row, level, name, value, up_to FROM ${keyspaceOf(config)}.batch_view`);
      for (const { row, level, name, value, up_to: upTo } of found)
        if ((row as Buffer).readUInt32BE(1) === generation)
          cells.push({
            ...{ row: row as Buffer, family: level as string, qualifier: name as Buffer },
            ...{ timestamp: Number(upTo), value: value as Buffer },
          });
    });
    return cells;
  }
  const hbase = openHBase(config);
  const ranges = generationRanges(generation);
  await scanRanges(hbase, { table: `${config.HBASE_NAMESPACE}:batch_view`, ranges }, (rows) => {
    cells.push(...rows.flat());
  });
  await hbase.close();
  return cells;
}

type Ask = (query: string, params?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

async function asked(config: Config, work: (ask: Ask) => Promise<unknown>): Promise<void> {
  const client = new cassandra.Client({
    contactPoints: config.CASSANDRA_NODES.split(','),
    localDataCenter: config.CASSANDRA_DATACENTER,
    socketOptions: { readTimeout: 60_000 },
  });
  try {
    await work(async (query, params = []) => {
      const rows: Record<string, unknown>[] = [];
      for await (const row of await client.execute(query, [...params], { prepare: true })) rows.push(row);
      return rows;
    });
  } finally {
    await client.shutdown();
  }
}
