/**
 * The first half of a run, up to the intent: archive, forward, reconcile, stage (laws L3, L5 to L9).
 *
 * run.ts calls it if the epoch has no intent yet. If it is killed, nothing of the epoch is visible, and the next run
 * begins again: the cut is a fact of the log, so that run finds the same records. It may forward a stray a second time;
 * the second record is then a copy.
 */
import { mkdir, stat } from 'node:fs/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { StepTimes } from '../steps.ts';
import type { Archive, Archived, LocalFile, RawFile, StagedFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { Draft } from '../report/report.ts';
import type { SpeedProgress } from '../proof/speed-progress.ts';
import type { JournalFile } from '../archive/journal.ts';
import type { LocalCopies } from '../lake/local-copies.ts';
import type { PublishedEpochs } from '../lake/published-epochs.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf, startOf } from '../../core/domain/epoch.ts';
import { hasGrownBefore } from '../../core/domain/growth.ts';
import { archive } from '../archive/archive.ts';
import { epochStartOf } from '../epochs/epoch-start.ts';
import { recoverArchive } from '../archive/journal.ts';
import { bucketRowsFor, bucketsFor, reconcile } from '../reconcile/duckdb/reconcile.ts';
import { draftOf } from '../report/report.ts';
import { stageBySpark } from '../reconcile/spark/stage.ts';
import { sortBytesFor } from '../lake/sizes.ts';
import { stageFiles, writeFiles } from '../lake/stage.ts';
import { forwardStrays } from '../archive/strays.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

/** What a run is about to do. */
export interface RunPlan {
  readonly epoch: Epoch;
  readonly attempt: string;
  readonly beganAt: number;
  readonly horizon: Horizon | null;
  /** Report of the epoch at the horizon. */
  readonly previous: RunReport | null;
  /** A folder on this machine that only this attempt uses. */
  readonly folder: string;
  /** True: the run writes nothing outside this machine. */
  readonly isDryRun: boolean;
}

export interface Tools {
  readonly duck: Duck;
  readonly copies: LocalCopies;
  readonly published: PublishedEpochs;
  readonly speed: SpeedProgress;
  readonly stepTimes: StepTimes;
}

interface Prepared {
  readonly draft: Draft;
  readonly staged: readonly StagedFile[];
}

export async function prepare(context: BatchContext, plan: RunPlan, tools: Tools): Promise<Prepared> {
  const { duck, speed, stepTimes } = tools;
  const { folder, isDryRun } = plan;
  const appendsToLog = !isDryRun && context.fromArchive !== true;
  await mkdir(folder, { recursive: true });
  const start = epochStartOf(context, plan);
  const { files: earlyFiles } = await recoverArchive(context, plan.epoch, start.firsts, isDryRun);
  const read = await stepTimes.measure('archive', () =>
    archive(context, duck, start, { folder, appendsTicks: appendsToLog, isDryRun, earlyFiles }),
  );
  const archived: Archived = {
    partitions: read.partitions,
    files: [...(await fetchEarly(context, tools, earlyFiles)), ...read.files],
  };
  await context.mayCrashAt('archived');
  const straysForwarded = appendsToLog
    ? await stepTimes.measure('forward', () => forward(context, duck, archived, speed))
    : 0;
  await context.mayCrashAt('forwarded');
  const reference = await context.control.reference();
  const staged = await stageEpoch(context, plan, tools, { archived, read, earlyFiles: asStaged(earlyFiles) });
  await context.mayCrashAt('staged');
  const draft = await draftOf(context, duck, {
    ...plan,
    archive: archived,
    staged,
    straysForwarded,
    referenceVersion: reference?.version ?? null,
    steps: stepTimes.all(),
  });
  return { draft, staged };
}

/** Reconciles and stages. Spark is used if the command asked for it and the epoch has a detection. */
export async function stageEpoch(
  context: BatchContext,
  plan: RunPlan,
  tools: Tools,
  { archived, read, earlyFiles }: { archived: Archived; read: Archive; earlyFiles: readonly StagedFile[] },
): Promise<StagedFile[]> {
  const { spark } = context.settings;
  const hasDetections = archived.partitions.some(({ verdicts }) => verdicts.detection > 0);
  if (spark && !plan.isDryRun && hasDetections)
    return stageBySpark(context, plan, tools, { archive: read, earlyFiles, spark });
  const { folder, isDryRun } = plan;
  await tools.stepTimes.measure('reconcile', () => reconcileEpoch(context, plan, tools, archived));
  await context.mayCrashAt('reconciled');
  return tools.stepTimes.measure('stage', async () => {
    const { memoryMb } = context.settings;
    const sorts = { sortRows: bucketRowsFor(memoryMb), sortBytes: sortBytesFor(memoryMb) };
    const files = writeFiles(tools.duck, { folder, epoch: nameOf(plan.epoch, context.rules), archive: read, ...sorts });
    const staged = isDryRun
      ? await measure(files)
      : await stageFiles(context, { ...plan, copies: tools.copies }, files);
    return [...earlyFiles, ...staged].sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

/** Gets local copies of the raw files that were archived before this run. */
async function fetchEarly(
  { hdfs }: BatchContext,
  { copies }: Tools,
  earlyFiles: readonly JournalFile[],
): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const file of earlyFiles) {
    // A dry run has renamed nothing, so a file may still be in staging.
    const path = (await hdfs.facts(file.path)) ? file.path : file.staged;
    files.push({ localFile: await copies.fetch({ ...file, path }), partition: file.partition, rows: file.rows });
  }
  return files;
}

/** The intent names these files too, so that publishing reads every byte of them again. They need no rename. */
function asStaged(earlyFiles: readonly JournalFile[]): StagedFile[] {
  return earlyFiles.map(({ path, bytes, sha256, rows }) => ({ path, staged: path, bytes, sha256, rows }));
}

async function forward(context: BatchContext, duck: Duck, archived: Archived, speed: SpeedProgress): Promise<number> {
  await speed.waitFor(archived.partitions.map(({ cut }) => cut));
  return forwardStrays(context, duck, archived, speed);
}

async function reconcileEpoch(context: BatchContext, plan: RunPlan, tools: Tools, archived: Archived): Promise<void> {
  const { copies, published, duck } = tools;
  const earlier: string[] = [];
  for (const file of await published.firstMetBefore(plan.epoch)) earlier.push(await copies.fetch(file));
  const locations = await context.locations.all();
  await reconcile(
    duck,
    context.rules,
    {
      raw: archived.files,
      earlier,
      locations,
      before: startOf(plan.epoch, context.rules),
      hasGrown: hasGrownBefore(startOf(plan.epoch, context.rules), context.rules),
      lakeFiles: (dates) => published.detections(plan.epoch, dates, copies),
    },
    { signal: context.signal, ...bucketsFor(context.settings.memoryMb) },
  );
}

/** For a dry run: describes the files as they would be staged. */
async function measure(files: AsyncIterable<LocalFile>): Promise<StagedFile[]> {
  const all: StagedFile[] = [];
  for await (const { path, localFile, rows } of files) {
    const { size: bytes } = await stat(localFile);
    all.push({ path, staged: '', bytes, sha256: await sha256Of(localFile), rows });
  }
  return all;
}
