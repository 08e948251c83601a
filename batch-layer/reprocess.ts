/**
 * Reprocessing: a published epoch computed again and compared with what is published, row by row (law L9).
 *
 * It never changes anything: the same means that the lake is what its log says, different is for a person to look at. Records
 * come from the log for as long as it holds them, else from the epoch's raw files; names of places from the epoch's own copy of
 * dataset B, because the Parquet keeps the names as they stood.
 */
import type { Location } from '../core/domain/detection.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Duck } from '../core/stores/duckdb.ts';
import type { Horizon } from '../core/stores/control.ts';
import type { RunReport } from '../core/stores/runs.ts';
import type { BatchContext } from './context.ts';
import type { Preparation, Tools } from './prepare.ts';
import type { RawFile } from './reconcile.ts';
import { nameOf } from '../core/domain/epoch.ts';
import { locationsFile } from '../core/layout/lake.ts';
import { createTable, DETECTION_COLUMNS, namesOf } from '../core/layout/lake-columns.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { readRun } from '../core/stores/runs.ts';
import { archive } from './archive.ts';
import { seamOf } from './prepare.ts';
import { parquet, reconcile } from './reconcile.ts';
import { withTools } from './run.ts';

export interface Reprocessed {
  readonly epoch: string;
  readonly rows: number;
  /** Rows that are published and were not found again, and the other way round. */
  readonly only_published: number;
  readonly only_computed: number;
  /** Some of their ids. */
  readonly ids: readonly string[];
}

const SHOWN_IDS = 100;

export async function reprocess(context: BatchContext, epoch: Epoch): Promise<Reprocessed> {
  const { hdfs, rules } = context;
  const report = await readRun(hdfs, nameOf(epoch, rules));
  if (!report) throw new Refusal(EXIT.data_check_failed, `Epoch ${nameOf(epoch, rules)} is published, but its manifest is not in HDFS`);
  const before = epoch > rules.firstEpoch ? await readRun(hdfs, nameOf((epoch - 1) as Epoch, rules)) : null;
  return withTools(context, before && horizonAt(before), epoch, true, async (plan, tools) => {
    const raw = (await fromLog(context, plan, tools, report)) ?? (await fromRaw(tools, report));
    const earlier: string[] = [];
    for (const file of await tools.published.met(epoch)) earlier.push(await tools.copies.of(file));
    const locations = await locationsOf(tools, report);
    const lakeFiles = (dates: readonly string[]) => tools.published.detections(epoch, dates, tools.copies);
    await reconcile(tools.duck, rules, { raw, earlier, locations, lakeFiles }, { signal: context.signal });
    return differencesOf(tools, report);
  });
}

function horizonAt(report: RunReport): Horizon {
  return {
    epoch: report.epoch_number as Epoch,
    cuts: report.partitions.map(({ cut }) => cut),
    arrivals: report.partitions.map(({ arrival }) => arrival as Instant),
    publishedAt: report.published_at as Instant,
  };
}

/** Null if the log no longer holds the epoch. */
async function fromLog(context: BatchContext, plan: Preparation, { duck }: Tools, report: RunReport): Promise<readonly RawFile[] | null> {
  const ends = await context.admin.ends();
  if (report.partitions.some(({ partition, first }) => (ends[partition]?.low ?? Infinity) > first)) return null;
  const archived = await archive(context, duck, seamOf(context, plan), { folder: plan.folder, ticks: false });
  const moved = archived.partitions.find(({ partition, cut }) => cut !== report.partitions[partition]?.cut);
  if (moved) {
    const published = report.partitions[moved.partition]?.cut;
    throw new Refusal(
      EXIT.data_check_failed,
      `Epoch ${report.epoch}: partition ${moved.partition} is cut at ${moved.cut} in the log, and was published with ${published}`,
    );
  }
  return archived.files;
}

async function fromRaw({ copies }: Tools, report: RunReport): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const file of report.files) {
    const partition = /\/part-(?:l\d+-)?(\d+)-\d+-\d+\.parquet$/.exec(file.path)?.[1];
    if (partition === undefined) continue;
    files.push({ localFile: await copies.of(file), partition: Number(partition), rows: file.rows });
  }
  return files;
}

async function locationsOf({ copies, duck }: Tools, report: RunReport): Promise<Location[]> {
  const file = report.files.find(({ path }) => path === locationsFile(report.epoch));
  if (!file) throw new Refusal(EXIT.data_check_failed, `The manifest of ${report.epoch} names no copy of the places`);
  const rows = await duck.rows(`SELECT * FROM ${parquet([await copies.of(file)])}`);
  return rows.map((row) => ({ oid: String(row.geographical_location_oid) as Oid, name: String(row.geographical_location) }));
}

async function differencesOf({ copies, duck }: Tools, report: RunReport): Promise<Reprocessed> {
  const files = report.files.filter(({ path }) => path.startsWith('lake/detections/'));
  const columns = namesOf(DETECTION_COLUMNS);
  await duck.run(createTable('published', DETECTION_COLUMNS));
  for (const file of files) await duck.run(`INSERT INTO published SELECT ${columns} FROM ${parquet([await copies.of(file)])}`);
  await duck.run(`CREATE VIEW computed AS
    SELECT * EXCLUDE (arrival, is_deferred), make_timestamptz(timestamp_detected * 1000) AS detected_at,
      make_timestamptz(arrival * 1000) AS arrived_at FROM detections`);
  const [onlyPublished, onlyComputed] = [await idsOf(duck, columns, 'published', 'computed'), await idsOf(duck, columns, 'computed', 'published')];
  return {
    epoch: report.epoch,
    rows: report.rows,
    only_published: onlyPublished.length,
    only_computed: onlyComputed.length,
    ids: [...new Set([...onlyPublished, ...onlyComputed])].slice(0, SHOWN_IDS),
  };
}

async function idsOf(duck: Duck, columns: string, a: string, b: string): Promise<string[]> {
  const rows = await duck.rows(`SELECT detection_oid FROM (SELECT ${columns} FROM ${a} EXCEPT ALL SELECT ${columns} FROM ${b})`);
  return rows.map(({ detection_oid }) => String(detection_oid));
}
