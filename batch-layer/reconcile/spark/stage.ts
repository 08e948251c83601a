/**
 * Reconciles and stages an epoch with Spark (laws L2, L6, L9).
 *
 * prepare.ts calls it instead of reconcile.ts and stage.ts. The raw files and dataset B are uploaded to staging; Spark
 * reconciles them and writes the epoch's files beside them. Then this file downloads what Spark wrote: that gives the
 * checksums, and the local copies from which the batch view is written. Archive, intent, publishing and report are the
 * same for both engines; the report runs the same SQL on the files that Spark wrote.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rules } from '../../../core/domain/rules.ts';
import type { Duck } from '../../../core/stores/lake/duckdb.ts';
import type { BatchContext } from '../../context.ts';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { LocalCopies } from '../../lake/local-copies.ts';
import type { PublishedEpochs } from '../../lake/published-epochs.ts';
import type { StepTimes } from '../../steps.ts';
import type { Archive, StagedFile } from '../../model.ts';
import type { SparkSettings } from '../../../core/stores/spark/settings.ts';
import { nameOf } from '../../../core/domain/epoch.ts';
import { DAY_MS } from '../../../core/domain/time.ts';
import {
  conflictsFile,
  detectionsFile,
  LAKE,
  metFile,
  stagingFolder,
  topItemsFile,
} from '../../../core/layout/lake.ts';
import { parquet } from '../../../core/stores/lake/duckdb.ts';
import { inLanes } from '../../../core/process/lanes.ts';
import { metadataFields } from '../../lake/file-metadata.ts';
import { createOutputs, dropRelations, loadLocations } from '../duckdb/reconcile.ts';
import { ROWS_PER_DETECTIONS_FILE } from '../../lake/detections-files.ts';
import { stageFiles, writeSources } from '../../lake/stage.ts';
import { rowsIn } from '../../lake/write-file.ts';
import { OUTPUTS, PUBLISHED } from '../../sql/statements.ts';
import { planOf, shufflesOf } from './plan.ts';
import { submit } from '../../../core/stores/spark/submit.ts';
import { sha256Of } from '../../../core/process/file-hash.ts';

const DOWNLOADS_AT_ONCE = 3;
export const RECONCILE_JOB = fileURLToPath(new URL('job.py', import.meta.url));

/** The epoch, the attempt, and its folder on this machine. */
interface Attempt {
  readonly epoch: Epoch;
  readonly attempt: string;
  readonly folder: string;
}

interface Tools {
  readonly duck: Duck;
  readonly copies: LocalCopies;
  readonly published: PublishedEpochs;
  readonly stepTimes: StepTimes;
}

/** Leaves the relations of OUTPUTS in `duck`, and returns every file of the epoch, staged. */
export async function stageBySpark(
  context: BatchContext,
  plan: Attempt,
  tools: Tools,
  { archive, earlyFiles, spark }: { archive: Archive; earlyFiles: readonly StagedFile[]; spark: SparkSettings },
): Promise<StagedFile[]> {
  const { duck, copies, stepTimes } = tools;
  const epoch = nameOf(plan.epoch, context.rules);
  const out = `${stagingFolder(epoch)}/${plan.attempt}/_spark`;
  const sources = await stepTimes.measure('reconcile', async () => {
    await loadLocations(duck, await context.locations.all());
    const files = writeSources(duck, { folder: plan.folder, epoch, archive });
    const staged = [...earlyFiles, ...(await stageFiles(context, { ...plan, copies }, files))];
    await reconcileInSpark(context, plan, tools, { archive, spark, staged, out });
    return staged;
  });
  await context.mayCrashAt('reconciled');
  return stepTimes.measure('stage', async () => {
    const written = await readBack(context, plan, tools, { epoch, out });
    await createViews(duck, written, context.rules);
    const files = written.flatMap(({ staged }) => (staged ? [staged] : []));
    return [...sources, ...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

async function reconcileInSpark(
  context: BatchContext,
  plan: Attempt,
  { published }: Tools,
  job: { archive: Archive; spark: SparkSettings; staged: readonly StagedFile[]; out: string },
): Promise<void> {
  const { archive, spark, staged, out } = job;
  const url = (path: string): string => `${spark.lakeRoot}/${path}`;
  const epoch = nameOf(plan.epoch, context.rules);
  const paths = {
    raw: staged.filter(({ path }) => path.startsWith(`${LAKE}/raw/`)).map((file) => url(file.staged)),
    earlier: (await published.firstMetBefore(plan.epoch)).map(({ path }) => url(path)),
    locations: url(staged.find(({ path }) => path.startsWith(`${LAKE}/locations/`))!.staged),
    lake: url(`${LAKE}/detections`),
    out: url(out),
  };
  const metadata = metadataFields(epoch, archive.partitions);
  const jobPlan = planOf(paths, { epoch, rules: context.rules, rowsPerFile: ROWS_PER_DETECTIONS_FILE, metadata });
  const planFile = join(plan.folder, 'spark-plan.json');
  await writeFile(planFile, JSON.stringify(jobPlan));
  const records = archive.partitions.reduce((sum, partition) => sum + partition.records, 0);
  await submit(
    spark,
    { program: RECONCILE_JOB, plan: planFile, logFile: join(plan.folder, 'spark.log'), shuffles: shufflesOf(records) },
    context.signal,
  );
}

// ---- output of Spark ----------------------------------------------------------------------------------------------

interface Written {
  readonly relation: string;
  readonly localFile: string;
  readonly rows: number;
  /** Null if only the report needs the file. */
  readonly staged: StagedFile | null;
}

async function readBack(
  context: BatchContext,
  plan: Attempt,
  { duck, copies }: Tools,
  { epoch, out }: { epoch: string; out: string },
): Promise<Written[]> {
  const outputs = (await context.hdfs.walk(out)).filter(({ path }) => path.endsWith('.parquet'));
  const files = nameOutputs(
    epoch,
    outputs.map(({ path }) => path.slice(out.length + 1)),
  );
  const written: Written[] = [];
  await inLanes(DOWNLOADS_AT_ONCE, files, async ({ relation, name, path }) => {
    const localFile = join(plan.folder, 'spark', name);
    await mkdir(dirname(localFile), { recursive: true });
    await context.hdfs.download(`${out}/${name}`, localFile);
    const rows = await rowsIn(duck, localFile);
    const isKept = path !== null && (rows > 0 || relation === 'met');
    const staged = isKept ? { path, staged: `${out}/${name}`, ...(await measure(localFile)), rows } : null;
    if (staged) await copies.adopt(localFile, staged);
    written.push({ relation, localFile, rows, staged });
    context.progressLine.update('stage', written.length, 'files', files.length);
  });
  return written;
}

async function measure(localFile: string): Promise<{ bytes: number; sha256: string }> {
  return { bytes: (await stat(localFile)).size, sha256: await sha256Of(localFile) };
}

/** Gives the files of Spark their final paths in the lake. Spark numbers its tasks in the order of the rows. */
export function nameOutputs(
  epoch: string,
  names: readonly string[],
): { relation: string; name: string; path: string | null }[] {
  const counts = new Map<string, number>();
  return [...names].sort().map((name) => {
    const folder = dirname(name);
    const n = counts.get(folder) ?? 0;
    counts.set(folder, n + 1);
    const [relation = '', ...folders] = folder.split('/');
    const [date, hour] = folders.map((part) => part.slice(part.indexOf('=') + 1));
    return { relation, name, path: lakePathOf(relation, { epoch, n, date, hour }) };
  });
}

function lakePathOf(
  relation: string,
  at: { epoch: string; n: number; date: string | undefined; hour: string | undefined },
): string | null {
  const { epoch, n, date = '', hour = '' } = at;
  if (relation === 'detections') return detectionsFile({ date, hour: Number(hour), epoch, n });
  if (relation === 'top_items') return topItemsFile({ date, epoch });
  if (relation === 'met') return metFile(epoch, n);
  return relation === 'conflicts' ? conflictsFile(epoch) : null;
}

/** Makes the relations of OUTPUTS as views on the files; a relation without rows is an empty table. */
async function createViews(duck: Duck, written: readonly Written[], rules: Rules): Promise<void> {
  await dropRelations(duck);
  await loadLocations(duck, []);
  await createOutputs(duck, rules);
  const windowMs = rules.dedupWindowDays * DAY_MS;
  const columnsOf: Readonly<Partial<Record<string, string>>> = {
    detections: `geographical_location_oid, video_camera_oid, detection_oid, item_name, timestamp_detected,
      geographical_location, epoch_ms(arrived_at) AS arrival, kafka_partition, kafka_offset,
      epoch_ms(arrived_at) - timestamp_detected > ${windowMs} AS is_deferred`,
  };
  for (const relation of OUTPUTS) {
    const files = written
      .filter((file) => file.relation === relation && file.rows > 0)
      .map(({ localFile }) => localFile);
    if (files.length === 0) continue;
    await duck.run(`DROP ${relation === PUBLISHED.makes ? 'VIEW' : 'TABLE'} ${relation}`);
    await duck.run(`CREATE VIEW ${relation} AS SELECT ${columnsOf[relation] ?? '*'} FROM ${parquet(files)}`);
  }
}
