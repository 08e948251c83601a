/**
 * Opens what a process works with: HBase with its tables as stores, the log's administration, and the recorded rules.
 *
 * Mains call it once and pass the parts on; `close` closes them in reverse. It throws a Retryable while a dependency is
 * away, and a Refusal when the set-up is missing or the rules differ; then it leaves nothing open. A worker calls it
 * until it succeeds.
 */
import type { Config } from '../process/config.ts';
import type { BatchView } from './views/batch-view.ts';
import type { ControlStore } from './control/control.ts';
import type { DetectionsStore } from './tables/detections.ts';
import type { HBaseClient, HBaseEvent } from '../hbase/types.ts';
import type { LogAdmin } from './kafka/types.ts';
import type { LocationsStore } from './tables/locations.ts';
import type { SpeedView } from './views/speed-view.ts';
import type { RecordedRules } from './control/rules-rows.ts';
import { EXIT, Refusal } from '../process/errors.ts';
import { batchView } from './views/batch-view.ts';
import { controlStore } from './control/control.ts';
import { detectionsStore } from './tables/detections.ts';
import { checkRowLife } from './tables/first-met-families.ts';
import { createHBaseClient } from '../hbase/client.ts';
import { isWithoutTables } from './rows/hbase-rows.ts';
import { logAdmin } from './kafka/admin.ts';
import { locationsStore } from './tables/locations.ts';
import { readRules } from './control/recorded-rules.ts';
import { speedView } from './views/speed-view.ts';

export interface Stores {
  readonly hbase: HBaseClient;
  readonly admin: LogAdmin;
  readonly control: ControlStore;
  readonly detections: DetectionsStore;
  readonly locations: LocationsStore;
  readonly speedView: SpeedView;
  readonly batchView: BatchView;
  readonly rules: RecordedRules;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Deadline of one call to one HBase server. */
  readonly callTimeoutMs?: number;
  /** Deadline of one HBase operation with all its retries. */
  readonly operationTimeoutMs?: number;
  readonly onHBaseEvent?: (event: HBaseEvent) => void;
  /** Reads the rules to work by; without it the recorded ones, compared with the configuration. */
  readonly rules?: typeof readRules;
  /** Refuse to start where first-met rows could vanish too soon; for processes that decide by them. */
  readonly checksRowLife?: boolean;
}

/** HBase alone, for work without rules: the set-up, and loading dataset B. Connects with the first question. */
export function openHBase(config: Config, options: OpenOptions = {}): HBaseClient {
  return createHBaseClient({
    zookeeper: config.HBASE_ZOOKEEPER,
    znode: config.HBASE_ZNODE,
    user: config.HADOOP_USER,
    callTimeoutMs: options.callTimeoutMs ?? 10_000,
    operationTimeoutMs: options.operationTimeoutMs ?? 30_000,
    ...(options.onHBaseEvent ? { onEvent: options.onHBaseEvent } : {}),
  });
}

export async function openStores(config: Config, options: OpenOptions = {}): Promise<Stores> {
  const hbase = openHBase(config, options);
  const admin = logAdmin(config);
  const close = async (): Promise<void> => {
    await admin.close();
    await hbase.close();
  };
  const namespace = config.HBASE_NAMESPACE;
  const control = controlStore(hbase, namespace);
  try {
    const rules = await (options.rules ?? readRules)(config, admin, control);
    if (options.checksRowLife) await checkRowLife(hbase, namespace, admin, rules);
    return {
      hbase,
      admin,
      control,
      detections: detectionsStore(hbase, namespace, rules),
      locations: locationsStore(hbase, namespace),
      speedView: speedView(hbase, namespace, rules),
      batchView: batchView(hbase, namespace, rules),
      rules,
      close,
    };
  } catch (fault) {
    await close();
    throw isWithoutTables(fault) ? noTables(config) : fault;
  }
}

function noTables({ HBASE_NAMESPACE, HBASE_ZOOKEEPER }: Config): Refusal {
  return new Refusal(
    EXIT.usage,
    `HBase at ${HBASE_ZOOKEEPER} has no tables in namespace ${HBASE_NAMESPACE}; ` +
      '"sightline prepare" creates topics, tables and folders',
  );
}
