/**
 * The first half of a run, up to the intent: archive, forward, reconcile, stage (laws L3, L5 to L9).
 *
 * run.ts calls it when no intent is there. Killed anywhere in it, nothing of the epoch is visible, and the next run
 * begins again: the cut is a fact of the log, so it finds the same records. A stray may be forwarded twice, which makes
 * it a copy.
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
import { settleArchive } from '../archive/journal.ts';
import { bucketRowsFor, bucketsFor, reconcile } from '../reconcile/duckdb/reconcile.ts';
import { draftOf } from '../report/report.ts';
import { stageBySpark } from '../reconcile/spark/stage.ts';
import { sortBytesFor } from '../lake/sizes.ts';
import { stageFiles, writeFiles } from '../lake/stage.ts';
import { forwardStrays } from '../archive/strays.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

export interface Preparation {
  readonly epoch: Epoch;
  readonly attempt: string;
  readonly beganAt: number;
  readonly horizon: Horizon | null;
  readonly previous: RunReport | null;
  /** A local folder of this attempt's own. */
  readonly folder: string;
  readonly dryRun: boolean;
}

export interface Tools {
  readonly duck: Duck;
  readonly copies: LocalCopies;
  readonly published: PublishedEpochs;
  readonly speed: SpeedProgress;
  readonly timed: StepTimes;
}

export interface Prepared {
  readonly draft: Draft;
  readonly staged: readonly StagedFile[];
}

export async function prepare(context: BatchContext, plan: Preparation, tools: Tools): Promise<Prepared> {
  const { duck, speed, timed } = tools;
  const { folder, dryRun } = plan;
  const appends = !dryRun && context.fromArchive !== true;
  await mkdir(folder, { recursive: true });
  const seam = epochStartOf(context, plan);
  const early = await settleArchive(context, plan.epoch, seam.firsts, { isDry: dryRun });
  const read = await timed.step('archive', () =>
    archive(context, duck, seam, { folder, ticks: appends, isDry: dryRun, early: early.files }),
  );
  const archived: Archived = {
    partitions: read.partitions,
    files: [...(await localOf(context, tools, early.files)), ...read.files],
  };
  await context.reached('archived');
  const straysForwarded = !appends ? 0 : await timed.step('forward', () => forward(context, duck, archived, speed));
  await context.reached('forwarded');
  const reference = await context.control.reference();
  const staged = await stageEpoch(context, plan, tools, { archived, read, early: inPlace(early.files) });
  await context.reached('staged');
  const draft = await draftOf(context, duck, {
    ...plan,
    archive: archived,
    staged,
    straysForwarded,
    referenceVersion: reference?.version ?? null,
    steps: timed.taken(),
  });
  return { draft, staged };
}

/** Reconciles and stages, with the engine that was asked for; an epoch without a detection is nothing to submit. */
export async function stageEpoch(
  context: BatchContext,
  plan: Preparation,
  tools: Tools,
  { archived, read, early }: { archived: Archived; read: Archive; early: readonly StagedFile[] },
): Promise<StagedFile[]> {
  const { spark } = context.settings;
  const hasDetections = archived.partitions.some(({ verdicts }) => verdicts.detection > 0);
  if (spark && !plan.dryRun && hasDetections)
    return stageBySpark(context, plan, tools, { archive: read, early, spark });
  const { folder, dryRun } = plan;
  await tools.timed.step('reconcile', () => reconcileEpoch(context, plan, tools, archived));
  await context.reached('reconciled');
  return tools.timed.step('stage', async () => {
    const { memoryMb } = context.settings;
    const sorts = { sortRows: bucketRowsFor(memoryMb), sortBytes: sortBytesFor(memoryMb) };
    const files = writeFiles(tools.duck, { folder, epoch: nameOf(plan.epoch, context.rules), archive: read, ...sorts });
    const mine = dryRun
      ? await measured(files)
      : await stageFiles(context, plan.epoch, plan.attempt, files, tools.copies);
    return [...early, ...mine].sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

async function localOf({ hdfs }: BatchContext, { copies }: Tools, early: readonly JournalFile[]): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const file of early) {
    // A dry run leaves what is on its way where it is.
    const path = (await hdfs.facts(file.path)) ? file.path : file.staged;
    files.push({ localFile: await copies.of({ ...file, path }), partition: file.partition, rows: file.rows });
  }
  return files;
}

/** The intent names them too, so that publishing looks at every byte of them again; there is nothing to rename. */
function inPlace(early: readonly JournalFile[]): StagedFile[] {
  return early.map(({ path, bytes, sha256, rows }) => ({ path, staged: path, bytes, sha256, rows }));
}

async function forward(context: BatchContext, duck: Duck, archived: Archived, speed: SpeedProgress): Promise<number> {
  await speed.waitFor(archived.partitions.map(({ cut }) => cut));
  return forwardStrays(context, duck, archived, speed);
}

async function reconcileEpoch(
  context: BatchContext,
  plan: Preparation,
  tools: Tools,
  archived: Archived,
): Promise<void> {
  const { copies, published, duck } = tools;
  const earlier: string[] = [];
  for (const file of await published.met(plan.epoch)) earlier.push(await copies.of(file));
  const locations = await context.locations.all();
  await reconcile(
    duck,
    context.rules,
    {
      raw: archived.files,
      earlier,
      locations,
      hasMoved: hasGrownBefore(startOf(plan.epoch, context.rules), context.rules),
      lakeFiles: (dates) => published.detections(plan.epoch, dates, copies),
    },
    { signal: context.signal, ...bucketsFor(context.settings.memoryMb) },
  );
}

/** For a dry run: the files as they would be staged. */
async function measured(files: AsyncIterable<LocalFile>): Promise<StagedFile[]> {
  const all: StagedFile[] = [];
  for await (const { path, localFile, rows } of files) {
    const { size: bytes } = await stat(localFile);
    all.push({ path, staged: '', bytes, sha256: await sha256Of(localFile), rows });
  }
  return all;
}
