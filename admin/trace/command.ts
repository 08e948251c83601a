/**
 * `sightline trace <detection_oid>`: where a detection is and was, each place with its time, and what is missing.
 *
 * Data goes to standard output, progress to standard error on a terminal. It reads only, and changes nothing.
 */
import { Command } from 'commander';
import type { Config } from '../../core/process/config.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Trace } from './model.ts';
import { readOid } from '../../core/domain/oid.ts';
import { isDateText, readTimeText } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { visibleJson, visibleLines } from '../../core/process/visible.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { deadLetterLog } from '../../core/stores/kafka/dead-letters.ts';
import { offsetsAt } from '../../core/stores/kafka/offsets-at.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openStores } from '../../core/stores/open.ts';
import { traceText } from './text.ts';
import { trace } from './trace.ts';

interface Options {
  readonly around?: string;
  readonly hours: string;
  readonly dt?: string;
  readonly allPartitions?: boolean;
  readonly mostRecords: string;
  readonly mostMb: string;
  readonly json?: boolean;
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('where a detection is and was: log, first-met row, cells, epoch, lake; and what is missing')
    .argument('<detection_oid>', 'its id, in decimal (a negative one behind --)')
    .option(
      '--around <time>',
      'look for records around this time (ISO 8601 or milliseconds); default: the arrival in its row',
    )
    .option('--hours <n>', 'how long a stretch of the log is read', '1')
    .option('--all-partitions', 'read every partition, not only those that the id belongs to')
    .option('--dt <date>', 'look through this day of detection in the lake if there is no first-met row of the id')
    .option('--most-records <n>', 'read no more records of one partition', '2000000')
    .option('--most-mb <n>', 'fetch no more megabytes of files of the lake', '1024')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((id: string, options: Options) => runCommand(() => run(id, options)));
}

const HELP = `
The log is read from ten minutes before the arrival in the row of the id until --hours after it; without a row, and
without --around, the last --hours. Only the partitions that can be home of the id are read, and the places that
records sent home name.

Exit codes: 0 found, and nothing is missing; 2 usage; 3 nothing knows the id within what was looked through; 4
something that should be there is missing; 5 Kafka, HDFS or the store of rows is away.`;

async function run(text: string, options: Options): Promise<number> {
  const id = idOf(text);
  const asked = {
    around: timeOf(options.around),
    hours: wholeOf('--hours', options.hours, 10_000),
    date: dateOf(options.dt),
    inAllPartitions: options.allPartitions === true,
    mostRecords: wholeOf('--most-records', options.mostRecords, 1e12),
    mostBytes: wholeOf('--most-mb', options.mostMb, 1e9) * 2 ** 20,
    now: Date.now(),
    tell: progressOn(process.stderr),
    signal: stopSignal(),
  };
  const found = await withSources(readConfig(), (sources) => trace(id, sources, asked));
  clear(process.stderr);
  process.stdout.write(`${options.json === true ? visibleJson(found, 2) : visibleLines(traceText(found))}\n`);
  return exitCodeOf(found);
}

export function exitCodeOf({ missing, first_met, records, countings }: Trace): number {
  if (missing.length > 0) return EXIT.data_check_failed;
  return first_met === null && records.length === 0 && countings.length === 0 ? EXIT.nothing_to_do : EXIT.done;
}

async function withSources<T>(config: Config, work: (sources: Parameters<typeof trace>[1]) => Promise<T>): Promise<T> {
  const stores = await withRetry(COMMAND_RETRY, () => openStores(config));
  const reader = logReader(config);
  const letters = deadLetterLog(config);
  const momentsAt = (t: number) => withRetry(COMMAND_RETRY, () => offsetsAt(config, t));
  try {
    return await work({ stores, hdfs: hdfs(config), reader, letters, momentsAt });
  } finally {
    await reader.close();
    await letters.close();
    await stores.close();
  }
}

function idOf(text: string): Oid {
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  throw new Refusal(
    EXIT.usage,
    `The id is ${JSON.stringify(text.slice(0, 60))}; a signed 64-bit integer in decimal, without leading zeros, ` +
      'was expected',
  );
}

function timeOf(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const t = readTimeText(text);
  if (t !== null) return t;
  throw new Refusal(
    EXIT.usage,
    `--around is ${JSON.stringify(text.slice(0, 60))}; milliseconds since 1970 or an ISO 8601 time was expected`,
  );
}

function dateOf(text: string | undefined): string | null {
  if (text === undefined || isDateText(text)) return text ?? null;
  throw new Refusal(EXIT.usage, `--dt is ${JSON.stringify(text.slice(0, 60))}; a day such as 2026-11-22 was expected`);
}

function wholeOf(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^[1-9]\d*$/.test(text) && value <= most) return value;
  throw new Refusal(
    EXIT.usage,
    `${name} is ${JSON.stringify(text.slice(0, 60))}; a whole number from 1 to ${most} was expected`,
  );
}

const CLEAR_LINE = '\r\u001b[2K';

function progressOn(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => void (stream.isTTY && stream.write(`${CLEAR_LINE}${text}`));
}

function clear(stream: NodeJS.WriteStream): void {
  if (stream.isTTY) stream.write(CLEAR_LINE);
}
