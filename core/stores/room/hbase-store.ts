/**
 * HBase as the store of rows: its client, and every port on top of it.
 *
 * open.ts calls it. The client connects with its first question, so that nothing here waits.
 */
import type { Config } from '../../process/config.ts';
import { heldToken } from '../../process/held-token.ts';
import type { HBaseClient, HBaseEvent } from '../../hbase/types.ts';
import type { RowStore } from './row-store.ts';
import { createHBaseClient } from '../../hbase/client.ts';
import { controlStore } from '../control/control.ts';
import { forgottenRows } from '../forgotten/hbase-forgotten-rows.ts';
import { requireAnswers } from '../rows/answers.ts';
import { getRows, isWithoutTables } from '../rows/hbase-rows.ts';
import { detectionsStore } from '../tables/detections.ts';
import { firstMetFamilies } from '../tables/first-met-families.ts';
import { locationsStore } from '../tables/locations.ts';
import { ensureTables } from '../tables/schema.ts';
import { batchView } from '../views/batch-view.ts';
import { oldGenerations } from '../views/old-generations.ts';
import { speedView } from '../views/speed-view.ts';
import { ALWAYS_SURE } from './certainty.ts';

export interface HBaseOptions {
  /** Deadline of one call to one HBase server. */
  readonly callTimeoutMs?: number;
  /** Deadline of one HBase operation with all its retries. */
  readonly operationTimeoutMs?: number;
  readonly onHBaseEvent?: (event: HBaseEvent) => void;
}

/** The store, with the client for whoever reaches below the ports (tests). */
export interface HBaseStore extends RowStore {
  readonly hbase: HBaseClient;
}

/** The client of opened stores. Throws if another store keeps the rows. */
export function hbaseOf({ store }: { readonly store: RowStore }): HBaseClient {
  if ('hbase' in store) return (store as HBaseStore).hbase;
  throw new Error(`HBase was expected, and the rows are in ${store.name}`);
}

/** The client alone, for tests and benches that reach below the ports. */
export function openHBase(config: Config, options: HBaseOptions = {}): HBaseClient {
  const { hbase } = config.HADOOP_ACCESS;
  return createHBaseClient({
    zookeeper: config.HBASE_ZOOKEEPER,
    znode: config.HBASE_ZNODE,
    user: config.HADOOP_USER,
    masters: hbase.masters,
    access: { ...hbase, token: hbase.token && heldToken(hbase.token) },
    zookeeperAccess: config.HADOOP_ACCESS.zookeeper,
    callTimeoutMs: options.callTimeoutMs ?? 10_000,
    operationTimeoutMs: options.operationTimeoutMs ?? 30_000,
    ...(options.onHBaseEvent ? { onEvent: options.onHBaseEvent } : {}),
  });
}

export function hbaseStore(config: Config, options: HBaseOptions = {}): HBaseStore {
  const hbase = openHBase(config, options);
  const namespace = config.HBASE_NAMESPACE;
  return {
    hbase,
    name: 'HBase',
    address: config.HADOOP_ACCESS.hbase.masters ?? config.HBASE_ZOOKEEPER,
    space: `namespace ${namespace}`,
    certainty: ALWAYS_SURE,
    control: controlStore(hbase, namespace),
    locations: locationsStore(hbase, namespace),
    oldGenerations: oldGenerations(hbase, namespace),
    counting: (rules) => ({
      detections: detectionsStore(hbase, namespace, rules),
      speedView: speedView(hbase, namespace, rules),
      batchView: batchView(hbase, namespace, rules),
      forgottenRows: forgottenRows(hbase, namespace, rules),
    }),
    firstMetSets: (admin) => firstMetFamilies(hbase, namespace, admin),
    ensureTables: (detections) => ensureTables(hbase, namespace, { detections, regions: config.HBASE_REGIONS }),
    isWithoutTables,
    durabilityFault: async () => null,
    async cellsOf(table, row) {
      const asked = { table: `${namespace}:${table}`, gets: [{ row }] };
      const [cells] = requireAnswers(table, await getRows(hbase, asked, (found) => found));
      return cells ?? null;
    },
    ping: () => hbase.ping(),
    close: () => hbase.close(),
  };
}
