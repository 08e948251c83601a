/**
 * `sightline footage pack`: writes the small frames of past days into packs, and removes the originals.
 */
import { Command, InvalidArgumentError } from 'commander';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY_MS, dateOf, HOUR_MS, isDateText } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import { giveWay } from '../../core/process/give-way.ts';
import type { Config } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { numberBetween } from '../../hadoop-compose/start/options.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { changePacksAlone } from './alone.ts';
import type { PackedDay } from './pack.ts';
import { packDue } from './pack.ts';

/** A block of HDFS; while a pack is written, this process holds as much in memory and once more on its disk. */
const PACK_BYTES = 128 * 2 ** 20;
const PACK_FRAMES = 20_000;
const GREATEST_FRAME_BYTES = 4 * 2 ** 20;

interface Options {
  readonly before?: string;
  readonly dryRun?: boolean;
  /** Hours. */
  readonly every?: number;
}

export function packCommand(): Command {
  return new Command('pack')
    .description('write the small frames of past days into Parquet files, and remove the originals')
    .option(
      '--before <date>',
      'days before this one, in UTC (yesterday, so that late frames are with the others)',
      date,
    )
    .option('--dry-run', 'tell what would be packed, and change nothing')
    .option('--every <hours>', 'go on, with so many hours between two passes', numberBetween(0.01, 168))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      runCommand(() => {
        giveWay();
        const config = readConfig();
        const signal = stopSignal();
        return options.every === undefined
          ? pack(config, options, signal)
          : packAgainAndAgain(config, options.every, signal);
      }),
    );
}

/** A pass that fails is told, and the next one comes in its time: packing is never urgent. */
async function packAgainAndAgain(config: Config, hours: number, signal: AbortSignal): Promise<ExitCode> {
  while (!signal.aborted) {
    await pack(config, {}, signal).catch((fault: unknown) => {
      if (signal.aborted) return;
      if (!(fault instanceof Retryable || (fault instanceof Refusal && fault.exitCode !== EXIT.usage))) throw fault;
      process.stderr.write(`${messageOf(fault)}; the next pass is in ${hours} hours\n`);
    });
    await sleep(hours * HOUR_MS, undefined, { signal }).catch(() => undefined);
  }
  return EXIT.done;
}

async function pack(config: Config, { before, dryRun = false }: Options, signal: AbortSignal): Promise<ExitCode> {
  const now = Date.now();
  if (before !== undefined && before > dateOf(now))
    throw new Refusal(EXIT.usage, `--before ${before} lies in the future; today (${dateOf(now)}) is the latest day`);
  const scratch = join(resolve(config.SIGHTLINE_HOME), 'footage-packs');
  await mkdir(scratch, { recursive: true });
  const rules = {
    before: before ?? dateOf(now - DAY_MS),
    ...{ greatestFrameBytes: GREATEST_FRAME_BYTES, packBytes: PACK_BYTES, packFrames: PACK_FRAMES, scratch },
    ...{ isDryRun: dryRun, onDay: (day: PackedDay) => process.stdout.write(`${sentence(day, dryRun)}\n`) },
  };
  const days = dryRun
    ? await withRetry(COMMAND_RETRY, () => packDue(hdfs(config), { ...rules, signal }), { signal })
    : await changePacksAlone(config, signal, (held) => packDue(hdfs(config), { ...rules, signal: held }));
  if (days.some(({ damaged }) => damaged.length > 0)) return EXIT.data_check_failed;
  return days.some(({ frames, removed }) => frames + removed > 0) ? EXIT.done : EXIT.nothing_to_do;
}

function sentence(day: PackedDay, isDryRun: boolean): string {
  const { camera, date, packs, frames, bytes, removed, left, damaged } = day;
  const verb = isDryRun ? 'would go' : 'went';
  const parts = [
    `camera ${camera}, ${date}: ${frames} frames (${(bytes / 1e6).toFixed(1)} MB) ${verb} into ${packs} packs`,
    ...(removed > frames ? [`${removed - frames} originals of an earlier packing were removed`] : []),
    ...(left > 0 ? [`${left} films and large frames stay files`] : []),
    ...damaged.map(({ path }) => `${path} has other bytes than its name says and stays`),
  ];
  return parts.join('; ');
}

function date(text: string): string {
  if (isDateText(text)) return text;
  throw new InvalidArgumentError('A date such as 2026-11-30 was expected.');
}

const HELP = `
HDFS keeps each file in the NameNode's memory, so many small files are what it bears worst. This command writes JPEG
and PNG files of up to 4 MB into Parquet files of up to 128 MB: footage_packed/camera=<oid>/dt=<date>/. It reads each
Parquet file back before it removes the originals. Films and larger frames stay files. Readers of the API see no
difference. Run it once a day, or let it go on with --every; it may be killed at any time, and the next run finishes.

Environment: WEBHDFS_URL, SIGHTLINE_ROOT, HBASE_ZOOKEEPER (for a lease, so that one process packs at a time),
SIGHTLINE_HOME (with room for one pack).

Exit codes: 0 packed, 2 usage, 3 nothing to pack, 4 originals are damaged, 5 HDFS or HBase is away, 6 another process
packs, erases or analyses.`;
