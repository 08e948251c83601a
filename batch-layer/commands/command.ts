/**
 * `sightline batch run|archive|report|prune|compact|retain|table|rebuild|schedule`: the options of each command.
 *
 * Data goes to standard output, all else to standard error. Progress is one line on a terminal, and a plain line now
 * and then elsewhere. help.ts holds the longer help, which is the contract of exit codes; errors.ts owns the numbers.
 */
import { Command, Option } from 'commander';
import type { ArchiveCommandOptions } from './archive.ts';
import type { CompactCommandOptions } from './compact.ts';
import type { Engine } from './open.ts';
import type { PruneCommandOptions } from './prune.ts';
import type { RebuildCommandOptions } from './rebuild.ts';
import type { ReportCommandOptions } from './report.ts';
import type { RetainCommandOptions } from './retain.ts';
import type { RunCommandOptions } from './run.ts';
import type { TableCommandOptions } from './table.ts';
import { runCommand } from '../../core/process/life.ts';
import { runArchive } from './archive.ts';
import { runCompact } from './compact.ts';
import {
  ARCHIVE_HELP,
  COMPACT_HELP,
  HELP,
  PRUNE_HELP,
  REBUILD_HELP,
  RETAIN_HELP,
  RUN_HELP,
  TABLE_HELP,
} from './help.ts';
import { runPrune } from './prune.ts';
import { runRebuild } from './rebuild.ts';
import { runReport } from './report.ts';
import { runRetain } from './retain.ts';
import { runRun } from './run.ts';
import { runSchedule } from './schedule.ts';
import { runTable } from './table.ts';

export function batchCommand(): Command {
  const batch = new Command('batch')
    .description('the batch layer: publish epochs to the lake, and prove the speed layer')
    .addHelpText('after', HELP);
  addRunCommand(batch);
  batch
    .command('archive')
    .description('archive what the log holds of epochs that are not published yet')
    .option('--json', 'what was added on standard output, one JSON object for each epoch')
    .addHelpText('after', ARCHIVE_HELP)
    .action((options: ArchiveCommandOptions) => runCommand(() => runArchive(options)));
  batch
    .command('report')
    .description('show the report of a published epoch, by default of the last one')
    .option('--epoch <name>', 'the epoch')
    .option('--json', 'the whole report as JSON')
    .action((options: ReportCommandOptions) => runCommand(() => runReport(options)));
  batch
    .command('prune')
    .description('remove published epochs from the speed view, if their grace is over')
    .option('--generations', 'remove the lakes and the counts that older generations left after a rebuild instead')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', PRUNE_HELP)
    .action((options: PruneCommandOptions) => runCommand(() => runPrune(options)));
  batch
    .command('compact')
    .description('merge the small files of closed hours into sorted ones, day by day; rows stay as they are')
    .option('--below <megabytes>', 'merge files that are smaller than this', '128')
    .option('--from <date>', 'from this day of detection on')
    .option('--to <date>', 'up to and including this day of detection')
    .option('--dry-run', 'say what would be merged, and merge nothing')
    .option('--json', 'one JSON object for each day on standard output')
    .addHelpText('after', COMPACT_HELP)
    .action((options: CompactCommandOptions) => runCommand(() => runCompact(options)));
  batch
    .command('retain')
    .description(
      'remove detections and raw files of epochs that are older than LAKE_RETENTION_DAYS and LAKE_RAW_RETENTION_DAYS',
    )
    .option('--beyond-rebuild', 'also raw files that "batch rebuild" needs: it refuses from then on')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', RETAIN_HELP)
    .action((options: RetainCommandOptions) => runCommand(() => runRetain(options)));
  batch
    .command('table')
    .description('bring the Iceberg table over the lake up to the last published epoch; runs do so too')
    .option('--anew', 'make it again from the manifests, for example after the file system got another name')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', TABLE_HELP)
    .action((options: TableCommandOptions) => runCommand(() => runTable(options)));
  addRebuildCommand(batch);
  batch
    .command('schedule')
    .description('publish each epoch shortly after its end, and archive long epochs every hour, until stopped')
    .addOption(engineOption())
    .action((options: { engine: Engine }) => runCommand(() => runSchedule(options)));
  return batch;
}

function addRebuildCommand(batch: Command): void {
  batch
    .command('rebuild')
    .description('make the lake and the batch view again from the archive, as a new generation, then switch to it')
    .option('--no-switch', 'stop before the switch, so that you can look at the new generation')
    .option('--accept-differences', 'switch even if rows differ from those that were published')
    .addOption(
      new Option('--from-store <name>', 'bring the counts from this store into the one that STORES names').choices([
        'hbase',
        'cassandra',
      ]),
    )
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', REBUILD_HELP)
    .action((options: RebuildCommandOptions) => runCommand(() => runRebuild(options)));
}

function addRunCommand(batch: Command): void {
  batch
    .command('run')
    .description('publish every epoch that is over and not published, in order; or only the epochs that you name')
    .option('--epoch <name>', 'this epoch only, e.g. 2026-11-22 or 2026-11-22T1410')
    .option('--from <name>', 'from this epoch on')
    .option('--to <name>', 'up to and including this epoch')
    .option('--dry-run', 'archive and reconcile the next epoch on this machine, and write nothing elsewhere')
    .addOption(
      new Option(
        '--reprocess <which>',
        'compute published epochs again and compare: all of them, or those that were not proved (failed)',
      )
        .choices(['none', 'failed', 'all'])
        .default('none'),
    )
    .addOption(engineOption())
    .option('--json', 'the reports on standard output, one JSON object on each line')
    .addHelpText('after', RUN_HELP)
    .action((options: RunCommandOptions) => runCommand(() => runRun(options)));
}

const engineOption = (): Option =>
  new Option('--engine <name>', 'the engine that runs the SQL').choices(['duckdb', 'spark']).default('duckdb');
