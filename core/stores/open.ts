/**
 * Opens what a process works with: the store of rows with its ports, the log's administration, and the recorded rules.
 *
 * Mains call it once and pass the parts on; `close` closes them in reverse. It throws a Retryable while a dependency is
 * away, and a Refusal when the set-up is missing or the rules differ; then it leaves nothing open. A worker calls it
 * until it succeeds.
 */
import type { Config } from '../process/config.ts';
import type { CassandraStoreOptions } from './cassandra/store.ts';
import type { HBaseOptions } from './room/hbase-store.ts';
import type { RowStore } from './room/row-store.ts';
import type { BatchView } from './views/batch-view.ts';
import type { ControlStore } from './control/control.ts';
import type { DetectionsStore } from './tables/detections.ts';
import type { ForgottenRows } from './forgotten/forgotten-rows.ts';
import type { LogAdmin } from './kafka/types.ts';
import type { LocationsStore } from './tables/locations.ts';
import type { SpeedView } from './views/speed-view.ts';
import type { RecordedRules } from './control/rules-rows.ts';
import { EXIT, Refusal } from '../process/errors.ts';
import { logAdmin } from './kafka/admin.ts';
import { readRules } from './control/recorded-rules.ts';
import { cassandraStore } from './cassandra/store.ts';
import { hbaseStore } from './room/hbase-store.ts';
import { checkRowLife } from './tables/first-met-sets.ts';

export interface Stores {
  /** What keeps all of them. */
  readonly store: RowStore;
  readonly admin: LogAdmin;
  readonly control: ControlStore;
  readonly detections: DetectionsStore;
  readonly locations: LocationsStore;
  readonly speedView: SpeedView;
  readonly batchView: BatchView;
  readonly forgottenRows: ForgottenRows;
  readonly rules: RecordedRules;
  close(): Promise<void>;
}

type StoreOptions = HBaseOptions & CassandraStoreOptions;

export interface OpenOptions extends StoreOptions {
  /** Reads the rules to work by; without it the recorded ones, compared with the configuration. */
  readonly rules?: typeof readRules;
  /** Refuse to start where first-met rows could vanish too soon; for processes that decide by them. */
  readonly checksRowLife?: boolean;
}

/** What keeps the rows, for work without rules: the set-up, and loading dataset B. Connects with the first question. */
export function openRowStore(config: Config, options: StoreOptions = {}): RowStore {
  return config.STORES === 'cassandra' ? cassandraStore(config, options) : hbaseStore(config, options);
}

export async function openStores(config: Config, options: OpenOptions = {}): Promise<Stores> {
  const store = openRowStore(config, options);
  const admin = logAdmin(config);
  const close = async (): Promise<void> => {
    await admin.close();
    await store.close();
  };
  const { control, locations } = store;
  try {
    const rules = await (options.rules ?? readRules)(config, admin, control);
    if (options.checksRowLife) await checkRowLife(store.firstMetSets(admin), admin, rules);
    return { store, admin, control, locations, ...store.counting(rules), rules, close };
  } catch (fault) {
    await close();
    throw store.isWithoutTables(fault) ? noTables(store) : fault;
  }
}

function noTables({ name, address, space }: RowStore): Refusal {
  return new Refusal(
    EXIT.usage,
    `${name} at ${address} has no tables in ${space}; ` + '"sightline prepare" creates topics, tables and folders',
  );
}
