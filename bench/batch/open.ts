/** A batch layer for the benchmarks, silent, and the one way in which they print. */
import { Registry } from 'prom-client';
import type { Config } from '../../core/process/config.ts';
import type { Engine, OpenBatch } from '../../batch-layer/open.ts';
import { createLog } from '../../core/process/log.ts';
import { batchMetrics } from '../../batch-layer/metrics.ts';
import { openBatch } from '../../batch-layer/open.ts';
import { SILENT } from '../../batch-layer/say.ts';

export function openBench(config: Config, engine: Engine = 'duckdb'): Promise<OpenBatch> {
  const signal = new AbortController().signal;
  const parts = { log: createLog('bench', 'silent'), say: SILENT, metrics: batchMetrics(new Registry()), signal };
  return openBatch(config, parts, { engine });
}

export function line(name: string, text: string): void {
  process.stdout.write(`${name.padEnd(10)}${text}\n`);
}
