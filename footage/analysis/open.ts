/**
 * Opens what an analysis works with: HDFS, Spark's settings, the length of epochs, and the lease of packing.
 *
 * command.ts and service.ts share it. The length of epochs is the recorded one; before anything was recorded, that of
 * the configuration.
 */
import { join, resolve } from 'node:path';
import type { Config } from '../../core/process/config.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { changePacksAlone } from '../packs/alone.ts';
import type { AnalysisContext } from './analyse.ts';
import { sparkRunner } from './run-spark.ts';

export interface OpenAnalysis {
  readonly hdfs: Hdfs;
  readonly epochSeconds: number;
  /** Holds the lease around the work. Throws a Refusal with exit code 6 if another process holds it. */
  readonly alone: <T>(work: (context: AnalysisContext) => Promise<T>) => Promise<T>;
}

export async function withAnalysis<T>(
  config: Config,
  signal: AbortSignal,
  work: (open: OpenAnalysis) => Promise<T>,
): Promise<T> {
  const files = hdfs(config);
  const settings = await withRetry(COMMAND_RETRY, () => sparkSettings(config), { signal });
  const epochSeconds = await withRetry(COMMAND_RETRY, () => recordedEpochSeconds(config), { signal });
  const context = {
    ...{ hdfs: files, rules: config, epochSeconds, lakeRoot: settings.lakeRoot },
    ...{ memoryMb: config.BATCH_MEMORY_MB, threads: config.BATCH_THREADS },
    workFolder: join(resolve(config.SIGHTLINE_HOME), 'footage-analysis', 'work'),
    runSpark: sparkRunner(config, settings),
    now: Date.now,
  };
  return work({
    hdfs: files,
    epochSeconds,
    alone: (task) => changePacksAlone(config, signal, (held) => task({ ...context, signal: held })),
  });
}

export async function recordedEpochSeconds(config: Config): Promise<number> {
  const store = openRowStore(config);
  try {
    return (await store.control.rules())?.epochSeconds ?? config.EPOCH_SECONDS;
  } finally {
    await store.close();
  }
}
