/**
 * `sightline batch run|archive|report|prune|rebuild|schedule`: the batch layer by hand and by clock.
 *
 * Data goes to standard output, all else to standard error, progress to a terminal as one line, elsewhere as plain
 * lines now and then. The help below is the contract of exit codes; errors.ts owns the numbers.
 */
import { Command, Option } from 'commander';
import type { RebuildCommandOptions } from './rebuild.ts';
import type { RunOptions } from './run.ts';
import type { Engine } from './open.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';
import { runCommand } from '../../core/process/life.ts';
import { visibleJson, visibleLines } from '../../core/process/visible.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { listRuns, readRun } from '../../core/stores/lake/runs.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { runRebuild } from './rebuild.ts';
import { nothingToDo, run } from './run.ts';
import { runSchedule } from './schedule.ts';
import { dropOldGenerations } from '../generations/drop.ts';
import { newestDue, pruneDue } from '../run/prune.ts';
import { reportText } from '../report/report-text.ts';
import { print, withBatch } from './with-batch.ts';
import { withLakeLock, withLock } from '../lock/lake-lock.ts';
import { REBUILD_LEASE } from '../../core/stores/control/lease-rows.ts';

export function batchCommand(): Command {
  const batch = new Command('batch')
    .description('the batch layer: publish epochs to the lake, and prove the speed layer')
    .addHelpText('after', HELP);
  batch
    .command('run')
    .description('publish every epoch that is over and not published, in order; or the ones named')
    .option('--epoch <name>', 'this epoch only, e.g. 2026-11-22 or 2026-11-22T1410')
    .option('--from <name>', 'from this epoch on')
    .option('--to <name>', 'up to and including this epoch')
    .option('--dry-run', 'archive and reconcile the next epoch on this machine, and write nothing outside it')
    .addOption(
      new Option(
        '--reprocess <which>',
        'compute published epochs again and compare: all that are named, or those that were not proved',
      )
        .choices(['none', 'failed', 'all'])
        .default('none'),
    )
    .addOption(engineOption())
    .option('--json', 'the reports on standard output, one JSON object a line')
    .addHelpText('after', RUN_HELP)
    .action((options: RunOptions) => runCommand(() => run(options)));
  batch
    .command('archive')
    .description('put what the log holds of epochs that are not published into raw files now')
    .option('--json', 'what was added on standard output, one JSON object an epoch')
    .addHelpText('after', ARCHIVE_HELP)
    .action((options: { json?: boolean }) => runCommand(() => archive(options)));
  batch
    .command('report')
    .description('the report of a published epoch, by default of the last one')
    .option('--epoch <name>', 'the epoch')
    .option('--json', 'the whole report as JSON')
    .action((options: { epoch?: string; json?: boolean }) => runCommand(() => report(options)));
  batch
    .command('prune')
    .description('remove published epochs from the speed view, if their grace is over')
    .option(
      '--generations',
      'remove what older generations left after a rebuild instead: their lakes, and their counts in HBase',
    )
    .option('--dry-run', 'tell what would be removed, and remove nothing')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', PRUNE_HELP)
    .action((options: PruneOptions) => runCommand(() => prune(options)));
  batch
    .command('rebuild')
    .description('recreate lake and batch view from the archive alone, as a new generation, then switch to it')
    .option('--no-switch', 'stop before the switch, to look at what was rebuilt')
    .option('--accept-differences', 'switch even if rows are not those that were published')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', REBUILD_HELP)
    .action((options: RebuildCommandOptions) => runCommand(() => runRebuild(options)));
  batch
    .command('schedule')
    .description('publish each epoch a little after its end, archive long ones every hour, until told to stop')
    .addOption(engineOption())
    .action((options: { engine: Engine }) => runCommand(() => runSchedule(options)));
  return batch;
}

const engineOption = (): Option =>
  new Option('--engine <name>', 'what runs the SQL').choices(['duckdb', 'spark']).default('duckdb');

async function archive({ json }: { json?: boolean }): Promise<number> {
  return withBatch(async ({ context }) => {
    const { added, held } = await withLakeLock(context, archiveNow);
    if (added.length === 0 && held.length === 0)
      return nothingToDo('Everything that the log holds is archived already');
    for (const one of added) {
      const words = `${one.epoch}: ${one.records.toLocaleString('en')} records in ${one.files} files, ${one.bytes.toLocaleString('en')} bytes`;
      print(json, one, words);
    }
    for (const each of held) process.stderr.write(`${holdText(each, context.settings.brokerAheadMs)}\n`);
    return held.length > 0 ? EXIT.dependency_down : EXIT.done;
  });
}

const EPOCH_NAME = /^\d{4}-\d{2}-\d{2}(T\d{4}(\d{2})?)?$/;

async function report({ epoch, json }: { epoch?: string; json?: boolean }): Promise<number> {
  if (epoch !== undefined && !EPOCH_NAME.test(epoch)) {
    throw new Refusal(EXIT.usage, `"${epoch}" is no name of an epoch; names look like 2026-11-22 or 2026-11-22T1410`);
  }
  const files = hdfs(readConfig());
  const name = epoch ?? (await listRuns(files))[0];
  const found = name === undefined ? null : await readRun(files, name);
  if (!found)
    throw new Refusal(
      EXIT.nothing_to_do,
      name === undefined ? 'No epoch is published yet' : `Epoch ${name} is not published`,
    );
  process.stdout.write(json === true ? `${visibleJson(found, 1)}\n` : visibleLines(reportText(found)));
  return EXIT.done;
}

interface PruneOptions {
  readonly generations?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

async function prune({ generations, dryRun, json }: PruneOptions): Promise<number> {
  if (generations === true) return pruneOldGenerations({ isDry: dryRun === true, json });
  return withBatch(async ({ context }) => {
    const pruned = await (dryRun === true ? newestDue : pruneDue)(context, Date.now());
    if (!pruned)
      return nothingToDo('No published epoch is due: its grace is not over, or the speed layer has not passed its cut');
    const upTo = nameOf(pruned.epoch, context.rules);
    if ('rows' in pruned && pruned.rows === 0)
      return nothingToDo(`The speed view holds nothing more of epochs up to ${upTo}`);
    if ('rows' in pruned)
      print(json, { up_to_epoch: upTo, rows: pruned.rows }, `${pruned.rows} rows removed, up to epoch ${upTo}`);
    else
      print(
        json,
        { up_to_epoch: upTo, removed: false },
        `would remove what the speed view holds of epochs up to ${upTo}`,
      );
    return EXIT.done;
  });
}

async function pruneOldGenerations({ isDry, json }: { isDry: boolean; json: boolean | undefined }): Promise<number> {
  return withBatch(async ({ context }) => {
    const dropped = await withLock(context, REBUILD_LEASE, (held, rebuilds) =>
      withLakeLock(held, (whole, lake) => {
        const check = async (): Promise<void> => {
          await rebuilds.check();
          await lake.check();
        };
        return dropOldGenerations(whole, { isDry, now: Date.now(), check });
      }),
    );
    if (dropped.length === 0)
      return nothingToDo('No older generation has anything left, or the grace after its switch is not over');
    for (const one of dropped) {
      const words = `generation ${one.generation}: ${one.rows.toLocaleString('en')} rows in HBase; ${one.files.toLocaleString('en')} files of ${one.bytes.toLocaleString('en')} bytes in ${one.folder}${one.firstMetFamily === null ? '' : `; its first-met rows in HBase (family ${one.firstMetFamily})`}`;
      print(json, { ...one, removed: !isDry }, `${isDry ? 'would remove' : 'removed'} ${words}`);
    }
    return EXIT.done;
  });
}

// ---- help ----------------------------------------------------------------------------------------------------------

const HELP = `
An epoch is a slice of the time at which Kafka took the records: a UTC day (2026-11-22), or shorter (2026-11-22T1410).
Epochs are published in order, each once; what died is finished by the next run. One run holds the lake at a time.

Exit codes:
  0  done; published as "unproven" is 0 too
  1  a bug: the stack trace is on standard error; running again is safe
  2  usage or configuration; an epoch that cannot be published yet because others come before it
  3  nothing to do: published already, not over yet, or computed again and the same
  4  a data check failed, or published with differences that were repaired
  5  a dependency is down: run again when it is back
  6  another run holds the lake: run again when it has ended

Examples:
  sightline batch run                        what a nightly timer calls; a missed night is caught up in order
  sightline batch archive                    what an hourly timer calls, so that Kafka's retention never matters
  sightline batch report                     what the last run published and proved
  sightline batch run --epoch 2026-11-22 --reprocess all    is that day still what its log says?`;

const RUN_HELP = `
Without --epoch, --from and --to: every epoch that is over, oldest first. A range stops at its first failure.
An epoch that begins before the next unpublished one is published already (3); one after it is refused (2).
--reprocess never changes anything: 3 if all are the same, 4 at the first one that is not, with ids and both sides. It computes
with DuckDB on this machine, whichever engine published.

Environment: KAFKA_BROKERS, HBASE_ZOOKEEPER, WEBHDFS_URL, SIGHTLINE_ROOT, BATCH_MEMORY_MB (2048), BATCH_THREADS (2),
SPEED_WAIT_SECONDS (60: how long to wait for the speed layer before calling its part unproven), LOG_LEVEL (warn).
--engine spark: SPARK_MASTER (local[*]), SPARK_HOME or "sightline spark setup", SPARK_SUBMIT_OPTIONS, HDFS_URL, HADOOP_CONF_DIR.`;

const ARCHIVE_HELP = `
Each file holds an exact range of offsets, is read back after it was written, and is taken over by the run of its epoch, which
reads only the rest. Safe to stop or kill at any point. 3 if the log holds nothing new; 5 if a partition could not be read to its
end, because a broker's clock ran ahead (all others were archived).`;

const PRUNE_HELP = `
--generations: after "batch rebuild" has switched, the old lake lies in SIGHTLINE_ROOT/_generation-<n>, its counts and its first-met rows
in HBase. All go, for every generation below the one that holds, once the recorded grace is over since the switch. First it is looked whether the lake
that holds is whole: a manifest for every epoch, every file with its length; otherwise nothing is removed (4). Never touched: a
generation that is being rebuilt. There is no way back afterwards. Killed anywhere, run it again.`;

const REBUILD_HELP = `
Every epoch is published again, in order, from the raw files below SIGHTLINE_ROOT/lake/raw, into SIGHTLINE_ROOT/_generation-<n>.
EPOCH_SECONDS, DEDUP_WINDOW_DAYS and CLOCK_AHEAD_DAYS may be set to other values than the recorded ones: this is how they change.
Then a worker counts what lies beyond the new horizon, and the new generation takes the old one's place; workers and schedulers of
the old one end with code 5 and are to be started again. Publishing goes on meanwhile. Killed anywhere, run it again.
4: rows are not those that were published, and nothing was switched. The old lake is kept in SIGHTLINE_ROOT/_generation-<n - 1>;
"batch prune --generations --dry-run" tells what it takes, and without --dry-run removes it.`;
