/**
 * A command of the batch layer around its work: configuration, stores, log and progress, closed in reverse.
 *
 * A command by hand tells its progress in plain words and logs only what is out of the ordinary; the scheduler is a
 * service and logs JSON lines (commands/schedule.ts). Both give way to the speed layer and to serving where they share
 * a machine.
 */
import { setPriority } from 'node:os';
import type { Engine, OpenBatch } from './open.ts';
import { readConfig } from '../../core/process/config.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry } from '../../core/process/metrics.ts';
import { batchMetrics } from '../metrics.ts';
import { openBatch } from './open.ts';
import { progressLineOn } from '../progress-line.ts';

export const NICENESS = 10;

export async function withBatch(
  work: (open: OpenBatch) => Promise<number>,
  engine: Engine = 'duckdb',
): Promise<number> {
  setPriority(NICENESS);
  const config = readConfig();
  const log = createLog('batch', config.given.has('LOG_LEVEL') ? config.LOG_LEVEL : 'warn');
  const metrics = batchMetrics(createRegistry('batch'));
  const parts = { log, say: progressLineOn(process.stderr), metrics, signal: stopSignal() };
  const open = await openBatch(config, parts, { engine });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

/** Data to standard output: one JSON object a line, or words. */
export function print(isJson: boolean | undefined, value: unknown, words: string): void {
  process.stdout.write(isJson === true ? `${JSON.stringify(value)}\n` : `${words}\n`);
}
