/**
 * Analyses epochs of footage: plan, run Spark, publish, sum up the hours.
 *
 * command.ts and service.ts call it and hold the lease of packing, so no frame changes its form and none is erased
 * meanwhile. Spark is not started for epochs without footage. What dies leaves a staging folder, which the next
 * analysis removes.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { FACTS_STAGING } from '../../core/layout/footage-facts.ts';
import type { AnalysedEpoch } from '../../core/stores/footage/analysed-epochs.ts';
import type { CameraHours } from '../../core/stores/footage/camera-hours.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import type { FlagRules } from './flags.ts';
import type { AnalysisPlan } from './plan.ts';
import { planAnalysis } from './plan.ts';
import type { NewFacts } from './publish.ts';
import { publishFacts } from './publish.ts';
import type { SeenCamera } from './sum-up.ts';

export interface AnalysisContext {
  readonly hdfs: Hdfs;
  readonly rules: FlagRules;
  readonly epochSeconds: number;
  /** The root in HDFS as Spark names it. */
  readonly lakeRoot: string;
  readonly memoryMb: number;
  readonly threads: number;
  /** On this machine. */
  readonly workFolder: string;
  /** Resolves when Spark has done what the plan says; files of its own go into the folder. */
  readonly runSpark: (plan: AnalysisPlan, folder: string, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface Analysed {
  readonly epochs: readonly { readonly epoch: AnalysedEpoch; readonly isSame: boolean }[];
  /** The hours that the epochs touch. */
  readonly hours: readonly CameraHours[];
}

/** `epochs` are in ascending order. Throws a Retryable while HDFS or Spark is away. */
export async function analyseEpochs(context: AnalysisContext, epochs: readonly Epoch[]): Promise<Analysed> {
  const { hdfs, signal } = context;
  await hdfs.remove(FACTS_STAGING);
  await mkdir(context.workFolder, { recursive: true });
  const workFolder = await mkdtemp(join(context.workFolder, 'analysis-'));
  const duck = await openDuck({ ...context, spillFolder: join(workFolder, 'spill') });
  try {
    const out = `${FACTS_STAGING}/${randomUUID()}`;
    const plan = await planAnalysis(hdfs, { ...context, epochs, out });
    const hasFootage = plan.folders.length + plan.packs.length > 0;
    if (hasFootage) await context.runSpark(plan, workFolder, signal);
    const output = { out, workFolder };
    const facts = hasFootage
      ? await newFacts(context, epochs, output)
      : epochs.map((epoch): NewFacts => ({ epoch, file: null }));
    const seen = hasFootage ? await seenCameras(hdfs, duck, output) : null;
    return await publishFacts({ ...context, duck, workFolder }, { facts, seen, nowMs: context.now() });
  } finally {
    duck.close();
    await rm(workFolder, { recursive: true, force: true });
    await hdfs.remove(FACTS_STAGING);
  }
}

interface Output {
  readonly out: string;
  readonly workFolder: string;
}

async function newFacts(
  { hdfs, ...context }: AnalysisContext,
  epochs: readonly Epoch[],
  { out, workFolder }: Output,
): Promise<NewFacts[]> {
  const files = (await hdfs.walk(`${out}/facts`)).filter(({ path }) => path.endsWith('.parquet'));
  const found: NewFacts[] = [];
  for (const epoch of epochs) {
    const folder = `${out}/facts/epoch=${nameOf(epoch, context)}`;
    const own = files.filter(({ path }) => posix.dirname(path) === folder);
    if (own.length > 1) throw new Error(`Spark wrote ${own.length} files into ${folder}; one was expected`);
    const staged = own[0]?.path;
    if (staged === undefined) {
      found.push({ epoch, file: null });
      continue;
    }
    const local = join(workFolder, `${nameOf(epoch, context)}.parquet`);
    await hdfs.download(staged, local);
    found.push({ epoch, file: { staged, local } });
  }
  return found;
}

async function seenCameras(hdfs: Hdfs, duck: Duck, { out, workFolder }: Output): Promise<SeenCamera[]> {
  const files = (await hdfs.walk(`${out}/seen`)).filter(({ path }) => path.endsWith('.parquet'));
  const seen: SeenCamera[] = [];
  for (const { path } of files) {
    const local = join(workFolder, 'seen.parquet');
    await hdfs.download(path, local);
    const rows = await duck.rows(
      `SELECT hour_ms, video_camera_oid::VARCHAR AS camera, geographical_location_oid::VARCHAR AS place, detections
       FROM ${parquet([local])}`,
    );
    for (const { hour_ms, camera, place, detections } of rows)
      seen.push({
        ...{ hour: Number(hour_ms), camera: String(camera) },
        place: String(place),
        detections: Number(detections),
      });
  }
  return seen;
}
