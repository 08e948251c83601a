/**
 * Reconciles an epoch: from its records SQL makes one row for each detection (laws L2, L6, L7).
 *
 * prepare.ts hands over the raw files of the epoch, the first-met rows of earlier epochs and dataset B. This file
 * leaves the relations `detections`, `met`, `conflicts`, `fates` and `copies` for stage.ts and report.ts. The
 * statements in sql/ run once for each bucket. All records of an id lie in one partition, so a bucket is some
 * partitions, or a part of a large partition by a hash of the id, chosen by their rows and the bytes of their names.
 * Memory is bounded by a bucket, not by the epoch. The statements are plain SQL, so that Spark can run them too.
 */
import type { Rules } from '../../../core/domain/rules.ts';
import type { Instant } from '../../../core/domain/time.ts';
import type { Location } from '../../../core/domain/detection.ts';
import type { Duck } from '../../../core/stores/lake/duckdb.ts';
import type { RawFile } from '../../model.ts';
import type { Statement } from '../../sql/statements.ts';
import { DAY_MS, dateOf } from '../../../core/domain/time.ts';
import { STRAY_HEADER } from '../../../core/domain/verdict.ts';
import { createTable, LOCATION_COLUMNS, MET_COLUMNS, namesOf } from '../../../core/layout/lake-columns.ts';
import { CHUNK_ROWS, parquet, quoted } from '../../../core/stores/lake/duckdb.ts';
import { bucketBytesFor, shareOf, textBytes, WHOLE } from '../../lake/sizes.ts';
import {
  FIRST_MET_STATEMENTS,
  isOutput,
  OUTCOME_STATEMENTS,
  OUTPUTS,
  PUBLISHED,
  textOf,
} from '../../sql/statements.ts';

export interface Sources {
  readonly raw: readonly RawFile[];
  /** Local copies of the first-met rows of earlier epochs that can be in force. */
  readonly earlier: readonly string[];
  /** True if the topic grew so recently that first-met rows of an id may be of another partition than its records. */
  readonly hasGrown?: boolean;
  readonly locations: readonly Location[];
  /** The instant before which rows of those files arrived that count as earlier. */
  readonly before?: Instant;
  /** Local copies of the detections that earlier epochs published for these dates. */
  lakeFiles(dates: readonly string[]): Promise<readonly { date: string; localFile: string }[]>;
}

/** A bucket's relations and hash tables take 200 to 300 bytes a record; half of the memory is for the whole epoch's. */
const BUCKET_ROWS_PER_MB = 2_000;
const BUCKET_ROWS = 4_000_000;

export function bucketRowsFor(memoryMb: number): number {
  return memoryMb * BUCKET_ROWS_PER_MB;
}

/** The bounds of a bucket that this memory allows. */
export function bucketsFor(memoryMb: number): { bucketRows: number; bucketBytes: number } {
  return { bucketRows: bucketRowsFor(memoryMb), bucketBytes: bucketBytesFor(memoryMb) };
}

export async function reconcile(
  duck: Duck,
  rules: Rules,
  sources: Sources,
  options: { bucketRows?: number; bucketBytes?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await loadLocations(duck, sources.locations);
  await createOutputs(duck, rules);
  const weights = await weighPartitions(duck, sources.raw);
  for (const bucket of bucketsOf(weights, options.bucketRows ?? BUCKET_ROWS, options.bucketBytes)) {
    options.signal?.throwIfAborted();
    await loadBucket(duck, bucket, sources);
    await run(duck, rules, FIRST_MET_STATEMENTS);
    await loadLake(duck, sources);
    await run(duck, rules, OUTCOME_STATEMENTS);
    await dropBucket(duck);
  }
}

// ---- buckets -------------------------------------------------------------------------------------------------------

interface Bucket {
  readonly partitions: readonly number[];
  /** One of `parts` parts of a partition that is too large for one bucket. */
  readonly part: number;
  readonly parts: number;
}

/** Rows of a partition, and the bytes of their long names. */
interface PartitionWeight {
  readonly partition: number;
  readonly rows: number;
  readonly bytes?: number;
}

/** Reads the names to sum up their bytes: with a dictionary a file is much smaller than its rows are in memory. */
async function weighPartitions(duck: Duck, raw: readonly RawFile[]): Promise<PartitionWeight[]> {
  if (raw.length === 0) return [];
  const sums =
    await duck.rows(`SELECT kafka_partition AS partition, CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes
    FROM ${parquet(raw.map(({ localFile }) => localFile))} WHERE verdict = 'detection' GROUP BY partition`);
  return [
    ...raw,
    ...sums.map(({ partition, bytes }) => ({ partition: Number(partition), rows: 0, bytes: Number(bytes) })),
  ];
}

/** Puts each partition into one bucket; a partition that is too large gets several buckets of its own. */
export function bucketsOf(weights: readonly PartitionWeight[], bucketRows: number, bucketBytes = Infinity): Bucket[] {
  const shares = new Map<number, number>();
  for (const part of weights) {
    shares.set(
      part.partition,
      (shares.get(part.partition) ?? 0) + shareOf(part, { rows: bucketRows, bytes: bucketBytes }),
    );
  }
  const buckets: Bucket[] = [];
  let open: number[] = [];
  let usedShare = 0;
  const close = (): void => {
    if (open.length > 0) buckets.push({ partitions: open, part: 0, parts: 1 });
    open = [];
    usedShare = 0;
  };
  for (const [partition, share] of [...shares].sort(([a], [b]) => a - b)) {
    const parts = Math.ceil(share / WHOLE);
    if (parts > 1) {
      for (let part = 0; part < parts; part++) buckets.push({ partitions: [partition], part, parts });
      continue;
    }
    if (usedShare + share > WHOLE) close();
    open.push(partition);
    usedShare += share;
  }
  close();
  return buckets;
}

async function loadBucket(duck: Duck, bucket: Bucket, sources: Sources): Promise<void> {
  const within = new Set(bucket.partitions);
  const files = sources.raw.filter(({ partition }) => within.has(partition)).map(({ localFile }) => localFile);
  const part = partOf(bucket);
  const inBucket = `kafka_partition IN (${bucket.partitions.join(', ')}) AND ${part}`;
  await duck.run(`CREATE TABLE records AS
    SELECT kafka_partition, kafka_offset, arrival, geographical_location_oid, video_camera_oid, detection_oid,
      item_name, timestamp_detected, ${IS_FORWARDED} AS is_forwarded
    FROM ${parquet(files)} WHERE verdict = 'detection' AND ${inBucket}`);
  if (sources.earlier.length === 0) {
    await duck.run('CREATE OR REPLACE TABLE no_earlier AS SELECT * FROM met WHERE FALSE');
    await duck.run('CREATE VIEW earlier AS SELECT * FROM no_earlier');
    return;
  }
  await duck.run(`CREATE VIEW earlier AS SELECT ${namesOf(MET_COLUMNS)}
    FROM ${parquet(sources.earlier)} WHERE ${sources.hasGrown ? part : inBucket}`);
}

/** SQL: true if a worker or a run forwarded the record from another partition. */
const IS_FORWARDED = `COALESCE(list_contains([h.name FOR h IN headers], '${STRAY_HEADER}'), FALSE)`;

/** SQL: the rows of this part. 1,000,003 is a prime, so ids with a fixed step between them spread evenly too. */
function partOf({ part, parts }: Bucket): string {
  return parts === 1 ? 'TRUE' : `(ABS(detection_oid % 1000003) % ${parts}) = ${part}`;
}

// ---- what the statements read --------------------------------------------------------------------------------------

export async function loadLocations(duck: Duck, locations: readonly Location[]): Promise<void> {
  await duck.run(createTable('locations', LOCATION_COLUMNS));
  const appender = await duck.appender('locations');
  for (let at = 0; at < locations.length; at += CHUNK_ROWS) {
    const some = locations.slice(at, at + CHUNK_ROWS);
    appender.append([some.map(({ oid }) => BigInt(oid)), some.map(({ name }) => name)], some.length);
  }
  appender.close();
}

/** Makes the relations of OUTPUTS, empty. `detections` is a view on `met`, so that its rows are kept once. */
export async function createOutputs(duck: Duck, rules: Rules): Promise<void> {
  await duck.run(createTable('met', MET_COLUMNS));
  await run(duck, rules, [PUBLISHED]);
  await duck.run(`CREATE TABLE conflicts (detection_oid BIGINT, first_partition INTEGER, first_offset BIGINT,
    first_location BIGINT, first_camera BIGINT, first_item VARCHAR, first_time BIGINT, kafka_partition INTEGER,
    kafka_offset BIGINT, geographical_location_oid BIGINT, video_camera_oid BIGINT, item_name VARCHAR,
    timestamp_detected BIGINT)`);
  await duck.run(`CREATE TABLE fates (kafka_partition INTEGER, detections BIGINT, new BIGINT, deferred BIGINT,
    copies_of_earlier BIGINT)`);
  await duck.run('CREATE TABLE copies (kafka_partition INTEGER, way VARCHAR, below_ms BIGINT, copies BIGINT)');
}

/** Loads what is published for the dates of this bucket's deferred detections. Usually there are none. */
async function loadLake(duck: Duck, sources: Sources): Promise<void> {
  await duck.run('CREATE TABLE lake (detection_oid BIGINT, timestamp_detected BIGINT)');
  const days = await duck.rows(`SELECT DISTINCT timestamp_detected - timestamp_detected % ${DAY_MS} AS day
    FROM first_met WHERE is_deferred ORDER BY day`);
  if (days.length === 0) return;
  for (const { localFile } of await sources.lakeFiles(days.map(({ day }) => dateOf(Number(day))))) {
    await duck.run(`INSERT INTO lake SELECT detection_oid, timestamp_detected FROM ${parquet([localFile])}
      WHERE ${sources.before === undefined ? 'TRUE' : `epoch_ms(arrived_at) < ${sources.before}`}
        AND detection_oid IN (SELECT detection_oid FROM first_met WHERE is_deferred)`);
  }
}

// ---- the statements ------------------------------------------------------------------------------------------------

async function run(duck: Duck, rules: Rules, statements: readonly Statement[]): Promise<void> {
  for (const statement of statements) {
    const { makes, isView } = statement;
    const into = isView
      ? `CREATE VIEW ${makes} AS`
      : isOutput(statement)
        ? `INSERT INTO ${makes}`
        : `CREATE TABLE ${makes} AS`;
    await duck.run(`${into} ${textOf(statement, rules)}`);
  }
}

async function dropBucket(duck: Duck): Promise<void> {
  const statements = [...FIRST_MET_STATEMENTS, ...OUTCOME_STATEMENTS].filter((statement) => !isOutput(statement));
  for (const { makes, isView } of statements) await duck.run(`DROP ${isView ? 'VIEW' : 'TABLE'} ${makes}`);
  for (const table of ['records', 'lake']) await duck.run(`DROP TABLE ${table}`);
  await duck.run('DROP VIEW earlier');
}

/** Drops the relations of OUTPUTS when they are in files. */
export async function dropRelations(duck: Duck): Promise<void> {
  const names = [...OUTPUTS, 'locations'].map(quoted).join(', ');
  const tables = await duck.rows(
    `SELECT table_name, table_type FROM information_schema.tables WHERE table_name IN (${names})`,
  );
  for (const { table_name: name, table_type: type } of tables)
    await duck.run(`DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} ${String(name)}`);
}
