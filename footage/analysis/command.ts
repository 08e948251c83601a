/**
 * `sightline footage analyse`: what Spark finds in frames and films, and what each camera was like in each hour.
 */
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import type { Config } from '../../core/process/config.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { endOf, epochNamed } from '../../core/domain/epoch.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { numberBetween } from '../../hadoop-compose/start/options.ts';
import type { Analysed } from './analyse.ts';
import { analyseEpochs } from './analyse.ts';
import { withAnalysis } from './open.ts';
import { dueEpochs, groupsOf } from './due.ts';
import { serveAnalysis } from './service.ts';

interface Options {
  readonly epoch?: string;
  readonly every?: number;
  readonly json?: boolean;
}

export function analyseCommand(): Command {
  return new Command('analyse')
    .description('find with Spark what frames and films are like, and which camera is dark, blurred, frozen or silent')
    .option('--epoch <name>', 'this epoch, again if it is analysed (every epoch that is over and not analysed)')
    .option('--every <seconds>', 'go on, with so many seconds between two looks', numberBetween(1, 86_400))
    .option('--json', 'one JSON object an epoch')
    .addHelpText('after', HELP)
    .action((options: Options) =>
      runCommand(() => {
        const config = readConfig();
        if (options.every === undefined) return analyse(config, options, stopSignal());
        if (options.epoch !== undefined) throw new Refusal(EXIT.usage, '--every takes no --epoch');
        return serveAnalysis(config, options.every, stopSignal());
      }),
    );
}

async function analyse(config: Config, { epoch: name, json = false }: Options, signal: AbortSignal): Promise<ExitCode> {
  let count = 0;
  await withAnalysis(config, signal, async ({ hdfs, epochSeconds, alone }) => {
    const due =
      name === undefined
        ? await dueEpochs(hdfs, { epochSeconds, knownDays: config.FOOTAGE_KNOWN_DAYS, nowMs: Date.now() })
        : [epochToAnalyse(name, epochSeconds)];
    for (const group of groupsOf(due, epochSeconds)) {
      const { epochs } = await alone((context) => analyseEpochs(context, group));
      for (const one of epochs) process.stdout.write(`${json ? JSON.stringify(one.epoch) : sentence(one)}\n`);
      count += epochs.length;
    }
  });
  return count === 0 ? EXIT.nothing_to_do : EXIT.done;
}

/** Throws a Refusal for a name that is no epoch's, and for an epoch that is not over. */
function epochToAnalyse(name: string, epochSeconds: number): Epoch {
  const epoch = epochNamed(name, { epochSeconds });
  if (epoch === null)
    throw new Refusal(
      EXIT.usage,
      `--epoch is ${JSON.stringify(name.slice(0, 60))}, and no epoch of ${epochSeconds} seconds has that name`,
    );
  if (endOf(epoch, { epochSeconds }) > Date.now())
    throw new Refusal(EXIT.nothing_to_do, `The epoch ${name} is not over; it ends at ${endText(epoch, epochSeconds)}`);
  return epoch;
}

const endText = (epoch: Epoch, epochSeconds: number): string => new Date(endOf(epoch, { epochSeconds })).toISOString();

function sentence({ epoch, isSame }: Analysed['epochs'][number]): string {
  const faults = epoch.faults > 0 ? `, ${epoch.faults} of them could not be decoded` : '';
  const same = isSame ? '; the same as before' : '';
  return `${epoch.epoch}: ${epoch.frames} frames, ${epoch.films} films${faults}${same}`;
}

const HELP = `
An epoch has the bounds of the batch layer's epoch, by the time in a file's name. Spark reads settled files and packs,
and writes a row for each frame and film to lake/footage_facts/dt=<date>/<epoch>.parquet. This command sums up the hours
of cameras beside them. A file that cannot be decoded is a row with a fault. An epoch that is analysed again has the
same rows, and those of files that came later. Spark runs where "batch run --engine spark" does (SPARK_MASTER); set it
up once with "sightline spark setup". The JDK compiles some classes at the first run.

With --every it goes on, analyses each epoch a minute after its end, and serves /metrics, /healthz and /readyz on
METRICS_PORT (0: any free port, named in the log).

Environment: WEBHDFS_URL, HDFS_URL, SIGHTLINE_ROOT, HBASE_ZOOKEEPER (for a lease), SPARK_MASTER, SPARK_SUBMIT_OPTIONS,
SPARK_HOME, BATCH_MEMORY_MB, and the FOOTAGE_ settings for dark, blurred, frozen and silent (docs/clusters.md).

Exit codes: 0 analysed, 2 usage, 3 nothing to do, or the epoch is not over, 5 HDFS, HBase or Spark is away, 6 another
process packs, erases or analyses.`;
