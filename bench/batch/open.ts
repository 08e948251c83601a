/** A batch layer for the benchmarks: it logs nothing and shows its progress on standard error. */
import { Registry } from 'prom-client';
import type { Config } from '../../core/process/config.ts';
import type { Engine, OpenBatch } from '../../batch-layer/commands/open.ts';
import { createLog } from '../../core/process/log.ts';
import { batchMetrics } from '../../batch-layer/metrics.ts';
import { openBatch } from '../../batch-layer/commands/open.ts';
import { progressLineOn } from '../../batch-layer/progress-line.ts';

export function openBench(config: Config, engine: Engine = 'duckdb'): Promise<OpenBatch> {
  const signal = new AbortController().signal;
  const parts = {
    log: createLog('bench', 'silent'),
    progressLine: progressLineOn(process.stderr),
    metrics: batchMetrics(new Registry()),
    signal,
  };
  return openBatch(config, parts, { engine });
}
