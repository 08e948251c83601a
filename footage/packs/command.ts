/**
 * `sightline footage pack`: writes the small frames of past days into packs, and removes the originals.
 */
import { Command, InvalidArgumentError } from 'commander';
import { dateOf, isDateText } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { numberBetween } from '../../hadoop-compose/start/options.ts';
import type { PackedDay } from './pack.ts';
import type { PackPass } from './pass.ts';
import { packPass } from './pass.ts';
import { servePacking } from './service.ts';

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
        const pass = packPass(config, signal);
        if (options.every === undefined) return pack(pass, options);
        return servePacking(config, options.every, { pass: telling(pass), signal });
      }),
    );
}

async function pack(pass: PackPass, { before, dryRun = false }: Options): Promise<ExitCode> {
  const today = dateOf(Date.now());
  if (before !== undefined && before > today)
    throw new Refusal(EXIT.usage, `--before ${before} lies in the future; today (${today}) is the latest day`);
  const days = await telling(pass)({ before, isDryRun: dryRun });
  if (days.some(({ damaged }) => damaged.length > 0)) return EXIT.data_check_failed;
  return days.some(({ frames, removed }) => frames + removed > 0) ? EXIT.done : EXIT.nothing_to_do;
}

/** A pass that also writes a line for each day. */
function telling(pass: PackPass): PackPass {
  return ({ onDay, ...options }) =>
    pass({
      ...options,
      onDay(day) {
        process.stdout.write(`${sentence(day, options.isDryRun === true)}\n`);
        onDay?.(day);
      },
    });
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

With --every it serves /metrics, /healthz and /readyz on METRICS_PORT (0: any free port, named in the log).

Environment: WEBHDFS_URL, SIGHTLINE_ROOT, HBASE_ZOOKEEPER (for a lease, so that one process packs at a time),
SIGHTLINE_HOME (with room for one pack).

Exit codes: 0 packed, 2 usage, 3 nothing to pack, 4 originals are damaged, 5 HDFS or HBase is away, 6 another process
packs, erases or analyses.`;
