/**
 * What every batch command does around its work: it reads the configuration, opens stores, log and progress line, and
 * closes them in reverse order.
 *
 * A command shows its progress in plain words and logs only warnings; the scheduler is a service and logs JSON lines
 * (commands/schedule.ts). Both give way to the speed layer and serving on a shared machine.
 */
import type { Engine, OpenBatch } from './open.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry } from '../../core/process/metrics.ts';
import { batchMetrics } from '../metrics.ts';
import { openBatch } from './open.ts';
import { progressLineOn } from '../progress-line.ts';

export async function withBatch(
  work: (open: OpenBatch) => Promise<number>,
  engine: Engine = 'duckdb',
): Promise<number> {
  giveWay();
  const config = readConfig();
  const log = createLog('batch', config.given.has('LOG_LEVEL') ? config.LOG_LEVEL : 'warn');
  const metrics = batchMetrics(createRegistry('batch'));
  const parts = { log, progressLine: progressLineOn(process.stderr), metrics, signal: stopSignal() };
  const open = await openBatch(config, parts, { engine });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

/** Writes data to standard output: one line of JSON, or text. */
export function print(isJson: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(isJson === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

/** Says why on standard error; returns the exit code. */
export function nothingToDo(reason: string): number {
  process.stderr.write(`${reason}\n`);
  return EXIT.nothing_to_do;
}
