/**
 * Raw files of one large epoch as the archive writes them, made by SQL: for benchmarks, and for the test of bounded
 * memory.
 *
 * One in eleven records is a copy some two thousand records behind its first. Partitions are no real homes (SQL knows
 * no murmur2), but every id has one partition, which is all that reconciling asks. Times run over one day, so an epoch
 * has 24 hours.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { RawFile } from '../../batch-layer/model.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { quoted } from '../../core/stores/lake/duckdb.ts';

const PARTITIONS = 12;
const ROWS_PER_FILE = 500_000;
const COPY_DISTANCE = 2_000;
const ITEMS = 40;
const PLACES = 400;

export interface RawRecords {
  readonly records: number;
  /** The arrival of the first one. */
  readonly beganAt: number;
}

/** Calls `onFile` after each file with the number of records made so far. */
export async function makeRawFiles(
  duck: Duck,
  folder: string,
  { records, beganAt }: RawRecords,
  onFile: (made: number) => void = () => undefined,
): Promise<RawFile[]> {
  await mkdir(folder, { recursive: true });
  const perPartition = Math.floor(records / PARTITIONS);
  const files: RawFile[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let from = 0; from < perPartition; from += ROWS_PER_FILE) {
      const to = Math.min(perPartition, from + ROWS_PER_FILE);
      const localFile = join(folder, `part-${partition}-${from}-${to - 1}.parquet`);
      await duck.run(
        `COPY (${selectOf(partition, { from, to }, perPartition, beganAt)}) TO ${quoted(localFile)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)`,
      );
      files.push({ localFile, partition, rows: to - from });
      onFile(files.reduce((sum, { rows }) => sum + rows, 0));
    }
  }
  return files;
}

function selectOf(
  partition: number,
  { from, to }: { readonly from: number; readonly to: number },
  all: number,
  beganAt: number,
): string {
  // n counts detections of the partition; a copy repeats the n of a record some way back.
  return `
    WITH records AS (SELECT range AS o, CASE WHEN range % 11 = 10 THEN greatest(0, range - ${COPY_DISTANCE}) ELSE range END AS n FROM range(${from}, ${to})),
    made AS (
      SELECT o, hash(n, ${partition}) AS h, 9007199254740993 + n * ${PARTITIONS} + ${partition} AS id,
        CAST(${beganAt} + floor(n * ${DAY_MS - 1000}.0 / ${all}) AS BIGINT) AS t, CAST(${beganAt} + floor(o * ${DAY_MS - 1000}.0 / ${all}) AS BIGINT) AS arrival
      FROM records
    ),
    named AS (SELECT *, CAST(h % ${PLACES} AS BIGINT) AS place, CAST(h % 4000 AS BIGINT) AS camera, 'item ' || (h // 4000 % ${ITEMS}) AS item FROM made)
    SELECT CAST(${partition} AS INTEGER) AS kafka_partition, o AS kafka_offset, arrival AS stamp, arrival, CAST(CAST(id AS VARCHAR) AS BLOB) AS key,
      CAST('{"geographical_location_oid":' || place || ',"video_camera_oid":' || camera || ',"detection_oid":' || id || ',"item_name":"' || item
        || '","timestamp_detected":' || t || '}' AS BLOB) AS value,
      CAST(NULL AS STRUCT(name VARCHAR, value BLOB)[]) AS headers, 'detection' AS verdict, CAST(NULL AS VARCHAR) AS reason,
      CAST(NULL AS VARCHAR) AS detail, CAST(NULL AS INTEGER) AS home, place AS geographical_location_oid, camera AS video_camera_oid,
      id AS detection_oid, item AS item_name, t AS timestamp_detected
    FROM named`;
}
