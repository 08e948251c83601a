/**
 * Reprocessing: a published epoch computed again and compared with what is published, row by row (law L9).
 *
 * It never changes anything: the same means that the lake is what its log says and that every file has the bytes that
 * its manifest names, different is for a person to look at. Records come from the log for as long as it holds them,
 * else from the epoch's raw files; names of places from the epoch's own copy of dataset B, because the Parquet keeps
 * the names as they stood.
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
import type { Preparation, Tools } from './prepare.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf, startOf } from '../../core/domain/epoch.ts';
import { hasGrownBefore } from '../../core/domain/growth.ts';
import { locationsFile } from '../../core/layout/lake.ts';
import { createTable, DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import { archive } from '../archive/archive.ts';
import { bucketsFor, reconcile } from '../reconcile/duckdb/reconcile.ts';
import { withTools } from './run.ts';
import { shareOf, textBytes } from '../lake/sizes.ts';
import { epochStartOf } from '../epochs/epoch-start.ts';

export interface Reprocessed {
  readonly epoch: string;
  readonly rows: number;
  /** Rows that are published and were not found again, and the other way round. */
  readonly only_published: number;
  readonly only_computed: number;
  /** Ids of those rows with what each side says, at most a hundred. */
  readonly rows_that_differ: readonly DifferentRow[];
  /** Files of the manifest that are not what they were. */
  readonly altered_files: readonly AlteredFile[];
}

export interface DifferentRow {
  readonly detection_oid: string;
  readonly published: Row | null;
  readonly computed: Row | null;
}

export interface AlteredFile {
  readonly path: string;
  /** The checksum that the manifest names. */
  readonly expected: string;
  /** The one that HDFS has; null if the file is gone. */
  readonly found: string | null;
}

const SHOWN_IDS = 100;

export function isSame(found: Reprocessed): boolean {
  return found.only_published + found.only_computed + found.altered_files.length === 0;
}

/** What was found, for people. */
export function reprocessText(found: Reprocessed): string {
  if (isSame(found)) return `${found.epoch}: ${found.rows} rows, the same`;
  const ids = found.rows_that_differ.map(({ detection_oid }) => detection_oid);
  const rows =
    ids.length === 0
      ? 'no row differs'
      : `${found.only_published} rows are only published and ${found.only_computed} only in the log; ids ${ids.join(', ')}`;
  const files = found.altered_files.map(
    ({ path, found: now }) => `${path} ${now === null ? 'is gone' : 'was altered'}`,
  );
  return [`${found.epoch}: ${found.rows} rows, different: ${rows}`, ...files].join('\n  ');
}

export async function reprocess(context: BatchContext, epoch: Epoch): Promise<Reprocessed> {
  const { hdfs, rules } = context;
  const report = await readRun(hdfs, nameOf(epoch, rules));
  if (!report)
    throw new Refusal(
      EXIT.data_check_failed,
      `Epoch ${nameOf(epoch, rules)} is published, but its manifest is not in HDFS`,
    );
  const before = epoch > rules.firstEpoch ? await readRun(hdfs, nameOf((epoch - 1) as Epoch, rules)) : null;
  return withTools(context, before && horizonAt(before), epoch, true, async (plan, tools) => {
    const raw = (await fromLog(context, plan, tools, report)) ?? (await fromRaw(tools, report));
    const earlier: string[] = [];
    for (const file of await tools.published.met(epoch)) earlier.push(await tools.copies.of(file));
    const locations = await locationsOf(tools, report);
    const lakeFiles = (dates: readonly string[]) => tools.published.detections(epoch, dates, tools.copies);
    const hasMoved = hasGrownBefore(startOf(epoch, rules), rules);
    const options = { signal: context.signal, ...bucketsFor(context.settings.memoryMb) };
    await reconcile(tools.duck, rules, { raw, earlier, locations, hasMoved, lakeFiles }, options);
    return differencesOf(context, plan, tools, report);
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
async function fromLog(
  context: BatchContext,
  plan: Preparation,
  { duck }: Tools,
  report: RunReport,
): Promise<readonly RawFile[] | null> {
  const ends = await context.admin.ends();
  if (report.partitions.some(({ partition, first }) => (ends[partition]?.low ?? Infinity) > first)) return null;
  const archived = await archive(context, duck, epochStartOf(context, plan), {
    folder: plan.folder,
    ticks: false,
    isDry: true,
  });
  const moved = archived.partitions.find(({ partition, cut }) => cut !== (report.partitions[partition]?.cut ?? cut));
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
  return rows.map((row) => ({
    oid: String(row.geographical_location_oid) as Oid,
    name: String(row.geographical_location),
  }));
}

// ---- comparing -----------------------------------------------------------------------------------------------------

/** The published side is read from HDFS as it is now: a local copy would show what it was. */
async function differencesOf(
  { hdfs, settings }: BatchContext,
  { folder }: Preparation,
  { duck }: Tools,
  report: RunReport,
): Promise<Reprocessed> {
  const columns = namesOf(DETECTION_COLUMNS);
  const altered: AlteredFile[] = [];
  await duck.run(createTable('published', DETECTION_COLUMNS));
  for (const { path, sha256: expected } of report.files) {
    const found = (await hdfs.facts(path)) ? await hdfs.sha256(path) : null;
    if (found !== expected) altered.push({ path, expected, found });
    if (found === null || !path.startsWith('lake/detections/')) continue;
    const localFile = join(folder, 'as-it-is.parquet');
    await hdfs.download(path, localFile);
    const taken = duck.run(`INSERT INTO published SELECT ${columns} FROM ${parquet([localFile])}`);
    // What cannot be read any more has been told by its checksum, and its rows will be missing.
    await (found === expected ? taken : taken.catch(() => undefined));
  }
  await duck.run(`CREATE VIEW computed AS
    SELECT * EXCLUDE (arrival, is_deferred), make_timestamptz(timestamp_detected * 1000) AS detected_at,
      make_timestamptz(arrival * 1000) AS arrived_at FROM detections`);
  const parts = await comparedParts(duck, settings.memoryMb);
  const onlyPublished = await rowsOnlyIn(duck, parts, 'published', 'computed');
  const onlyComputed = await rowsOnlyIn(duck, parts, 'computed', 'published');
  const ids = [...new Set([...onlyPublished.first, ...onlyComputed.first].map(idOf))].slice(0, SHOWN_IDS);
  return {
    epoch: report.epoch,
    rows: report.rows,
    only_published: onlyPublished.count,
    only_computed: onlyComputed.count,
    rows_that_differ: ids.map((id) => ({
      detection_oid: id,
      published: rowOf(onlyPublished.first, id),
      computed: rowOf(onlyComputed.first, id),
    })),
    altered_files: altered,
  };
}

/** Of both sides together, by a hash of the id: as many parts as keep a part within the bounds of a bucket. */
async function comparedParts(duck: Duck, memoryMb: number): Promise<number> {
  const [all] = await duck.rows(
    `SELECT COUNT(*) AS n, CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes FROM published`,
  );
  const { bucketRows, bucketBytes } = bucketsFor(memoryMb);
  return Math.max(
    1,
    Math.ceil(
      2 * shareOf({ rows: Number(all!.n), bytes: Number(all!.bytes ?? 0) }, { rows: bucketRows, bytes: bucketBytes }),
    ),
  );
}

interface OnlyThere {
  readonly count: number;
  /** At most SHOWN_IDS. */
  readonly first: readonly Row[];
}

async function rowsOnlyIn(duck: Duck, parts: number, a: string, b: string): Promise<OnlyThere> {
  const columns = namesOf(DETECTION_COLUMNS);
  const texts = DETECTION_COLUMNS.map(([name, type]) =>
    type === 'BIGINT' ? `CAST(${name} AS VARCHAR) AS ${name}` : name,
  );
  const first: Row[] = [];
  let count = 0;
  for (let part = 0; part < parts; part++) {
    const mine = `ABS(detection_oid % 1000003) % ${parts} = ${part}`;
    await duck.run(`CREATE OR REPLACE TEMP TABLE only_there AS
      SELECT ${columns} FROM ${a} WHERE ${mine} EXCEPT ALL SELECT ${columns} FROM ${b} WHERE ${mine}`);
    const [found] = await duck.rows('SELECT COUNT(*) AS n FROM only_there');
    count += Number(found!.n);
    if (first.length < SHOWN_IDS)
      first.push(...(await duck.rows(`SELECT ${texts.join(', ')} FROM only_there LIMIT ${SHOWN_IDS - first.length}`)));
  }
  await duck.run('DROP TABLE only_there');
  return { count, first };
}

const idOf = (row: Row): string => String(row.detection_oid);
const rowOf = (rows: readonly Row[], id: string): Row | null => rows.find((row) => idOf(row) === id) ?? null;
