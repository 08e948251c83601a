/**
 * The log of a process: JSON lines on standard error, so that standard output stays free for data.
 *
 * Mains make one and pass it down; a layer adds its own fields with `child`. Values of detections are not logged, only
 * ids.
 */
import { pino } from 'pino';
import type { Logger } from 'pino';

export type Log = Logger;

export function createLog(process: string, level: string): Log {
  const output = pino.destination({ dest: 2, sync: true });
  // A closed terminal takes no more lines (output.ts); the process must not die of that.
  output.on('error', () => undefined);
  return pino({ level, base: { process }, timestamp: pino.stdTimeFunctions.isoTime }, output);
}
