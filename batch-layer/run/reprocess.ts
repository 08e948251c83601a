/**
 * Reprocessing: computes a published epoch again and compares it with what is published, row by row (law L9).
 *
 * It never changes anything. If all is the same, the lake is what its log says and every file has the checksum that its
 * manifest names; if not, a person must find out why. Records come from the log for as long as it holds them, then from
 * the epoch's raw files; if rows were forgotten, always from those, since the log still has them. A compacted file has
 * rows of other epochs too, which are left out. Names of places come from the epoch's own copy of dataset B, because
 * the Parquet keeps the names as they were then.
 */
import { join } from 'node:path';
import type { Location } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { RawFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { RunPlan, Tools } from './prepare.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf, startOf } from '../../core/domain/epoch.ts';
import { rowsOfEpoch } from '../lake/epoch-rows.ts';
import { hasGrownBefore } from '../../core/domain/growth.ts';
import { locationsFile } from '../../core/layout/lake.ts';
import { createTable, DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import { readChain } from '../../core/stores/lake/changes.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import { lastRetained } from '../changes/retained.ts';
import { archive } from '../archive/archive.ts';
import { bucketsFor, reconcile } from '../reconcile/duckdb/reconcile.ts';
import { withTools } from './run.ts';
import { shareOf, textBytes } from '../lake/sizes.ts';
import { epochStartOf } from '../epochs/epoch-start.ts';

export interface ReprocessResult {
  readonly epoch: string;
  readonly rows: number;
  /** How many rows are published and were not computed again. */
  readonly only_published: number;
  /** How many rows were computed and are not published. */
  readonly only_computed: number;
  /** Ids of those rows with what each side says, at most a hundred. */
  readonly rows_that_differ: readonly DifferentRow[];
  /** Files of the manifest that are gone or have another checksum. */
  readonly altered_files: readonly AlteredFile[];
  /** Files of it are gone by retention: only what is left was compared with the manifest. */
  readonly is_retained?: boolean;
}

interface DifferentRow {
  readonly detection_oid: string;
  readonly published: Row | null;
  readonly computed: Row | null;
}

interface AlteredFile {
  readonly path: string;
  /** Checksum in the manifest. */
  readonly expected: string;
  /** Checksum of the file in HDFS; null if the file is gone. */
  readonly found: string | null;
}

const SHOWN_IDS = 100;

export function isSame(result: ReprocessResult): boolean {
  return result.only_published + result.only_computed + result.altered_files.length === 0;
}

/** The result for people. */
export function reprocessText(result: ReprocessResult): string {
  const { epoch, only_published, only_computed } = result;
  if (isSame(result) && result.is_retained === true)
    return `${epoch}: files are gone by retention; those that are left are as the manifest says`;
  if (isSame(result)) return `${epoch}: ${result.rows} rows, the same`;
  const ids = result.rows_that_differ.map(({ detection_oid }) => detection_oid);
  const rows =
    ids.length === 0
      ? 'no row differs'
      : `${only_published} rows are only published and ${only_computed} only in the log; ids ${ids.join(', ')}`;
  const files = result.altered_files.map(({ path, found }) => `${path} ${found === null ? 'is gone' : 'was altered'}`);
  return [`${epoch}: ${result.rows} rows, different: ${rows}`, ...files].join('\n  ');
}

export async function reprocess(context: BatchContext, epoch: Epoch): Promise<ReprocessResult> {
  const { hdfs, rules } = context;
  const report = await readRun(hdfs, nameOf(epoch, rules));
  if (!report)
    throw new Refusal(
      EXIT.data_check_failed,
      `Epoch ${nameOf(epoch, rules)} is published, but its manifest is missing. Restore it from a copy.`,
    );
  const chain = await readChain(hdfs);
  // Nothing is left to compute it from.
  if (epoch <= lastRetained(chain, rules)) return compareFiles(hdfs, report);
  const previous = epoch > rules.firstEpoch ? await readRun(hdfs, nameOf((epoch - 1) as Epoch, rules)) : null;
  const target = { horizon: previous && horizonAt(previous), epoch, isDryRun: true };
  return withTools(context, target, async (plan, tools) => {
    const fromLog = hasForgotten(chain, report) ? null : await readLog(context, plan, tools, report);
    const raw = fromLog ?? (await fetchRawFiles(tools, report));
    const earlier: string[] = [];
    for (const file of await tools.published.firstMetBefore(epoch)) earlier.push(await tools.copies.fetch(file));
    const locations = await readLocations(tools, report);
    const lakeFiles = (dates: readonly string[]) => tools.published.detections(epoch, dates, tools.copies);
    const hasGrown = hasGrownBefore(startOf(epoch, rules), rules);
    const options = { signal: context.signal, ...bucketsFor(context.settings.memoryMb) };
    const sources = { raw, earlier, locations, hasGrown, lakeFiles, before: startOf(epoch, rules) };
    await reconcile(tools.duck, rules, sources, options);
    return compareWithPublished(context, plan, tools, report);
  });
}

/** Here, or in an earlier generation: the first record of a rebuilt lake carries what was asked before. */
const hasForgotten = (chain: readonly ChangeRecord[], { changes }: RunReport): boolean =>
  changes.some(({ kind }) => kind !== 'compact') || (chain[0]?.carried.length ?? 0) > 0;

async function compareFiles(hdfs: BatchContext['hdfs'], report: RunReport): Promise<ReprocessResult> {
  const altered: AlteredFile[] = [];
  for (const { path, sha256: expected } of report.files) {
    const found = (await hdfs.facts(path)) ? await hdfs.sha256(path) : null;
    if (found !== expected) altered.push({ path, expected, found });
  }
  const nothing = { only_published: 0, only_computed: 0, rows_that_differ: [] };
  return { epoch: report.epoch, rows: 0, ...nothing, altered_files: altered, is_retained: true };
}

function horizonAt(report: RunReport): Horizon {
  return {
    epoch: report.epoch_number as Epoch,
    cuts: report.partitions.map(({ cut }) => cut),
    arrivals: report.partitions.map(({ arrival }) => arrival as Instant),
    publishedAt: report.published_at as Instant,
  };
}

/** Returns raw files of what the log holds; null if it no longer holds the whole epoch. */
async function readLog(
  context: BatchContext,
  plan: RunPlan,
  { duck }: Tools,
  report: RunReport,
): Promise<readonly RawFile[] | null> {
  const ends = await context.admin.ends();
  if (report.partitions.some(({ partition, first }) => (ends[partition]?.low ?? Infinity) > first)) return null;
  const archived = await archive(context, duck, epochStartOf(context, plan), {
    folder: plan.folder,
    appendsTicks: false,
    isDryRun: true,
  });
  const other = archived.partitions.find(({ partition, cut }) => cut !== (report.partitions[partition]?.cut ?? cut));
  if (other) {
    const published = report.partitions[other.partition]?.cut;
    throw new Refusal(
      EXIT.data_check_failed,
      `Epoch ${report.epoch}: the log cuts partition ${other.partition} at offset ${other.cut}, but the epoch was ` +
        `published with a cut at ${published}. Find out whether the topic was created anew or stamps were corrected.`,
    );
  }
  return archived.files;
}

async function fetchRawFiles({ copies }: Tools, report: RunReport): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const file of report.files) {
    const partition = /\/part-(?:l\d+-)?(\d+)-\d+-\d+\.parquet$/.exec(file.path)?.[1];
    if (partition === undefined) continue;
    files.push({ localFile: await copies.fetch(file), partition: Number(partition), rows: file.rows });
  }
  return files;
}

async function readLocations({ copies, duck }: Tools, report: RunReport): Promise<Location[]> {
  const file = report.files.find(({ path }) => path === locationsFile(report.epoch));
  if (!file)
    throw new Refusal(
      EXIT.data_check_failed,
      `The manifest of epoch ${report.epoch} names no file ${locationsFile(report.epoch)}. Restore the manifest.`,
    );
  const rows = await duck.rows(`SELECT * FROM ${parquet([await copies.fetch(file)])}`);
  return rows.map((row) => ({
    oid: String(row.geographical_location_oid) as Oid,
    name: String(row.geographical_location),
  }));
}

// ---- comparing -----------------------------------------------------------------------------------------------------

/** Reads the published files from HDFS as they are now: a local copy would show what they were. */
async function compareWithPublished(
  { hdfs, settings, rules }: BatchContext,
  { folder, epoch }: RunPlan,
  { duck }: Tools,
  report: RunReport,
): Promise<ReprocessResult> {
  const columns = namesOf(DETECTION_COLUMNS);
  const altered: AlteredFile[] = [];
  await duck.run(createTable('published', DETECTION_COLUMNS));
  for (const { path, sha256: expected } of report.files) {
    const found = (await hdfs.facts(path)) ? await hdfs.sha256(path) : null;
    if (found !== expected) altered.push({ path, expected, found });
    if (found === null || !path.startsWith('lake/detections/')) continue;
    const localFile = join(folder, 'as-it-is.parquet');
    await hdfs.download(path, localFile);
    const insert = duck.run(
      `INSERT INTO published SELECT ${columns} FROM ${parquet([localFile])} WHERE ${rowsOfEpoch(epoch, rules)}`,
    );
    // An altered file may be unreadable. The result names it as altered, and its rows as missing.
    await (found === expected ? insert : insert.catch(() => undefined));
  }
  await duck.run(`CREATE VIEW computed AS
    SELECT * EXCLUDE (arrival, is_deferred), make_timestamptz(timestamp_detected * 1000) AS detected_at,
      make_timestamptz(arrival * 1000) AS arrived_at FROM detections`);
  const parts = await countParts(duck, settings.memoryMb);
  const onlyPublished = await findRowsOnlyIn(duck, parts, 'published', 'computed');
  const onlyComputed = await findRowsOnlyIn(duck, parts, 'computed', 'published');
  const ids = [...new Set([...onlyPublished.rows, ...onlyComputed.rows].map(idOf))].slice(0, SHOWN_IDS);
  return {
    epoch: report.epoch,
    rows: report.rows,
    only_published: onlyPublished.count,
    only_computed: onlyComputed.count,
    rows_that_differ: ids.map((id) => ({
      detection_oid: id,
      published: rowOf(onlyPublished.rows, id),
      computed: rowOf(onlyComputed.rows, id),
    })),
    altered_files: altered,
  };
}

/** In how many parts, by a hash of the id, both sides are compared, so that a part is no larger than a bucket. */
async function countParts(duck: Duck, memoryMb: number): Promise<number> {
  const [total] = await duck.rows(
    `SELECT COUNT(*) AS n, CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes FROM published`,
  );
  const { bucketRows, bucketBytes } = bucketsFor(memoryMb);
  const published = { rows: Number(total!.n), bytes: Number(total!.bytes ?? 0) };
  return Math.max(1, Math.ceil(2 * shareOf(published, { rows: bucketRows, bytes: bucketBytes })));
}

interface RowsOnlyIn {
  readonly count: number;
  /** At most SHOWN_IDS of them. */
  readonly rows: readonly Row[];
}

/** Rows of table `a` that table `b` lacks. */
async function findRowsOnlyIn(duck: Duck, parts: number, a: string, b: string): Promise<RowsOnlyIn> {
  const columns = namesOf(DETECTION_COLUMNS);
  const texts = DETECTION_COLUMNS.map(([name, type]) =>
    type === 'BIGINT' ? `CAST(${name} AS VARCHAR) AS ${name}` : name,
  );
  const rows: Row[] = [];
  let count = 0;
  for (let part = 0; part < parts; part++) {
    const inPart = `ABS(detection_oid % 1000003) % ${parts} = ${part}`;
    await duck.run(`CREATE OR REPLACE TEMP TABLE only_in_one AS
      SELECT ${columns} FROM ${a} WHERE ${inPart} EXCEPT ALL SELECT ${columns} FROM ${b} WHERE ${inPart}`);
    const [ofPart] = await duck.rows('SELECT COUNT(*) AS n FROM only_in_one');
    count += Number(ofPart!.n);
    if (rows.length < SHOWN_IDS)
      rows.push(...(await duck.rows(`SELECT ${texts.join(', ')} FROM only_in_one LIMIT ${SHOWN_IDS - rows.length}`)));
  }
  await duck.run('DROP TABLE only_in_one');
  return { count, rows };
}

const idOf = (row: Row): string => String(row.detection_oid);
const rowOf = (rows: readonly Row[], id: string): Row | null => rows.find((row) => idOf(row) === id) ?? null;
