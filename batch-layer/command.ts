/**
 * `sightline batch run|report|prune|schedule`: the batch layer by hand and by clock.
 *
 * Data goes to standard output, all else to standard error, progress only to a terminal. Exit codes: 0 done, 2 usage, 3 nothing
 * to do, 4 a data check failed or published with differences, 5 a dependency is down, 6 another run holds the lake.
 */
import { setPriority } from 'node:os';
import { Command, Option } from 'commander';
import type { Config } from '../core/process/config.ts';
import type { RunReport } from '../core/stores/runs.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { BatchContext } from './context.ts';
import type { OpenBatch } from './open.ts';
import type { Asked } from './seam.ts';
import { nameOf } from '../core/domain/epoch.ts';
import { readConfig } from '../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../core/process/errors.ts';
import { runCommand, stopSignal } from '../core/process/life.ts';
import { createLog } from '../core/process/log.ts';
import { createRegistry, serveMetrics } from '../core/process/metrics.ts';
import { retrying, WORKER_RETRY } from '../core/process/retry.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { listRuns, readRun } from '../core/stores/runs.ts';
import { horizonOf, publishAsked } from './lake.ts';
import { batchMetrics } from './metrics.ts';
import { openBatch } from './open.ts';
import { pruneDue } from './prune.ts';
import { reprocess } from './reprocess.ts';
import { dryRun } from './run.ts';
import { sayOn, SILENT } from './say.ts';
import { schedule } from './schedule.ts';
import { askedOf, decide } from './seam.ts';
import { countsOf, summaryOf } from './summary.ts';

interface RunOptions {
  readonly epoch?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly reprocess: 'none' | 'failed' | 'all';
  readonly json?: boolean;
  readonly engine: 'duckdb' | 'spark';
}

/** The batch layer gives way to the speed layer and to serving where they share a machine. */
const NICENESS = 10;

export function batchCommand(): Command {
  const batch = new Command('batch').description('the batch layer: publish epochs to the lake, and prove the speed layer');
  batch
    .command('run')
    .description('publish every epoch that is over and not published, in order; or the ones named')
    .option('--epoch <name>', 'this epoch only, e.g. 2026-11-22 or 2026-11-22T1410')
    .option('--from <name>', 'from this epoch on')
    .option('--to <name>', 'up to and including this epoch')
    .option('--dry-run', 'archive and reconcile on this machine, and write nothing outside it')
    .addOption(
      new Option('--reprocess <which>', 'compute published epochs again and compare: all that are named, or those whose proof failed')
        .choices(['none', 'failed', 'all'])
        .default('none'),
    )
    .addOption(new Option('--engine <name>', 'what runs the SQL').choices(['duckdb', 'spark']).default('duckdb'))
    .option('--json', 'the reports on standard output, one JSON object a line')
    .action((options: RunOptions) => runCommand(() => run(options)));
  batch
    .command('report')
    .description('the report of a published epoch, by default of the last one')
    .option('--epoch <name>', 'the epoch')
    .option('--json', 'the whole report as JSON')
    .action((options: { epoch?: string; json?: boolean }) => runCommand(() => report(options)));
  batch
    .command('prune')
    .description('remove published epochs from the speed view, if their grace is over')
    .action(() => runCommand(prune));
  batch
    .command('schedule')
    .description('publish each epoch a little after its end, until told to stop')
    .action(() => runCommand(runSchedule));
  return batch;
}

async function run(options: RunOptions): Promise<number> {
  return withBatch(async ({ context }) => {
    const asked = askedOf(options, context.rules);
    if (options.reprocess !== 'none') return again(context, asked, options);
    if (options.dryRun === true) {
      if (options.engine === 'spark') throw new Refusal(EXIT.usage, 'A dry run writes nothing to HDFS, and Spark reads from there; leave --engine out');
      const horizon = await horizonOf(context);
      const next = decide(asked, horizon, context.rules, Date.now());
      if ('stop' in next) return nothingToDo(next.stop);
      const draft = await dryRun(context, horizon, next.run);
      process.stdout.write(options.json === true ? `${JSON.stringify(draft)}\n` : `${countsOf(draft)}; nothing was written\n`);
      return EXIT.done;
    }
    const print = (each: RunReport): void => {
      process.stdout.write(options.json === true ? `${JSON.stringify(each)}\n` : `${summaryOf(each)}\n`);
    };
    const { reports, stopped } = await publishAsked(context, asked, print);
    if (reports.length === 0) return nothingToDo(stopped);
    return reports.some(({ result }) => result === 'repaired') ? EXIT.data_check_failed : EXIT.done;
  }, options.engine);
}

/** Compares published epochs with what their log says; 3 if all are the same, 4 if one is not. */
async function again(context: BatchContext, asked: Asked, { reprocess: which, json }: RunOptions): Promise<number> {
  const { rules, hdfs: files } = context;
  const horizon = await horizonOf(context);
  const last = Math.min(asked.to ?? Infinity, horizon?.epoch ?? -1);
  if ((asked.to ?? last) > last) throw new Refusal(EXIT.usage, `Epoch ${nameOf(asked.to!, rules)} is not published; --reprocess compares what is`);
  let different = 0;
  for (let epoch = asked.from ?? (rules.firstEpoch as Epoch); epoch <= last; epoch = (epoch + 1) as Epoch) {
    if (which === 'failed' && (await readRun(files, nameOf(epoch, rules)))?.result === 'proved') continue;
    const found = await reprocess(context, epoch);
    const isSame = found.only_published + found.only_computed === 0;
    if (!isSame) different += 1;
    const text = isSame ? 'the same' : `${found.only_published} rows only published, ${found.only_computed} only computed; ids ${found.ids.join(', ')}`;
    process.stdout.write(json === true ? `${JSON.stringify(found)}\n` : `${found.epoch}: ${found.rows} rows, ${text}\n`);
  }
  return different > 0 ? EXIT.data_check_failed : EXIT.nothing_to_do;
}

function nothingToDo(because: string): number {
  process.stderr.write(`${because}\n`);
  return EXIT.nothing_to_do;
}

async function report({ epoch, json }: { epoch?: string; json?: boolean }): Promise<number> {
  const files = hdfs(readConfig());
  const name = epoch ?? (await listRuns(files))[0];
  const found = name === undefined ? null : await readRun(files, name);
  if (!found) throw new Refusal(EXIT.nothing_to_do, name === undefined ? 'No epoch is published yet' : `Epoch ${name} is not published`);
  process.stdout.write(json === true ? `${JSON.stringify(found, null, 1)}\n` : `${summaryOf(found)}\n`);
  return EXIT.done;
}

async function prune(): Promise<number> {
  return withBatch(async ({ context }) => {
    const pruned = await pruneDue(context, Date.now());
    if (!pruned) return nothingToDo('No published epoch is due: its grace is not over, or the speed layer has not passed its cut');
    process.stdout.write(`${pruned.rows} rows removed, up to epoch ${nameOf(pruned.epoch, context.rules)}\n`);
    return EXIT.done;
  });
}

async function withBatch(work: (open: OpenBatch) => Promise<number>, engine: 'duckdb' | 'spark' = 'duckdb'): Promise<number> {
  setPriority(NICENESS);
  const config = readConfig();
  const log = createLog('batch', config.LOG_LEVEL);
  const metrics = batchMetrics(createRegistry('batch'));
  const open = await openBatch(config, { log, say: sayOn(process.stderr), metrics, signal: stopSignal(), engine });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

async function runSchedule(): Promise<void> {
  setPriority(NICENESS);
  const config = readConfig();
  const log = createLog('batch', config.LOG_LEVEL);
  const signal = stopSignal();
  const registry = createRegistry('batch');
  let isOpen = false;
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () =>
    isOpen ? null : 'a dependency is away',
  );
  log.info({ metrics_port: server.port }, 'the batch layer runs by the clock');
  try {
    const open = await openPatiently(config, { log, say: SILENT, metrics: batchMetrics(registry), signal });
    isOpen = true;
    try {
      await schedule(open.context);
    } finally {
      await open.close();
    }
  } finally {
    await server.close();
  }
}

function openPatiently(config: Config, parts: Parameters<typeof openBatch>[1]): Promise<OpenBatch> {
  return retrying(WORKER_RETRY, () => openBatch(config, parts), {
    signal: parts.signal,
    onRetry: (fault, _attempt, delayMs) => parts.log.warn({ because: messageOf(fault), next_try_ms: delayMs }, 'a dependency is away'),
  });
}
