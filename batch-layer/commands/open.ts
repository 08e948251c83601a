/**
 * Makes a context from the configuration: opens what a run works with, and closes it in reverse order.
 *
 * The commands and the scheduler call it; unit tests make their contexts themselves.
 */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Config } from '../../core/process/config.ts';
import type { BatchContext, BatchSettings } from '../context.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { rootUrlOf } from '../../core/stores/hdfs/root-url.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import type { OpenOptions } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';

export interface OpenBatch {
  readonly context: BatchContext;
  close(): Promise<void>;
}

export type Engine = 'duckdb' | 'spark';

export type BatchParts = Pick<BatchContext, 'log' | 'progressLine' | 'metrics' | 'signal'> &
  Partial<Pick<BatchContext, 'mayCrashAt'>>;

/** `readRoot`: where readers will find the lake, if that is not SIGHTLINE_ROOT yet. */
export async function openBatch(
  config: Config,
  parts: BatchParts,
  options: Pick<OpenOptions, 'rules'> & { engine?: Engine; readRoot?: string } = {},
): Promise<OpenBatch> {
  const spark = options.engine === 'spark' ? await sparkSettings(config) : undefined;
  // A rebuild passes its own rules, and makes the tables that they need before it uses them.
  const stores = await openStores(config, { ...options, checksRowLife: options.rules === undefined });
  const { readRoot = config.SIGHTLINE_ROOT } = options;
  const reader = logReader(config);
  const producer = logProducer(config);
  return {
    context: {
      ...parts,
      ...stores,
      mayCrashAt: parts.mayCrashAt ?? (() => undefined),
      settings: { ...settingsOf(config), spark },
      hdfs: hdfs(config),
      lakeTable:
        config.LAKE_TABLE === 'on' ? { rootUrl: () => rootUrlOf({ ...config, SIGHTLINE_ROOT: readRoot }) } : null,
      oldGenerations: stores.store.oldGenerations,
      firstMetSets: stores.store.firstMetSets(stores.admin),
      reader,
      producer,
    },
    async close() {
      await producer.close();
      await reader.close();
      await stores.close();
    },
  };
}

export function settingsOf(config: Config): BatchSettings {
  // The working copies of two lakes on one machine must not mix.
  const lake = createHash('sha256').update(`${config.WEBHDFS_URL} ${config.SIGHTLINE_ROOT}`).digest('hex').slice(0, 12);
  return {
    workFolder: join(resolve(config.SIGHTLINE_HOME), 'batch', lake),
    memoryMb: config.BATCH_MEMORY_MB,
    threads: config.BATCH_THREADS,
    speedWaitMs: config.SPEED_WAIT_SECONDS * 1_000,
    pruneGraceMs: config.PRUNE_GRACE_SECONDS * 1_000,
    archiveEveryMs: config.ARCHIVE_EVERY_SECONDS * 1_000,
    retention: { days: config.LAKE_RETENTION_DAYS, rawDays: config.LAKE_RAW_RETENTION_DAYS },
    brokerAheadMs: config.BROKER_AHEAD_SECONDS * 1_000,
  };
}
