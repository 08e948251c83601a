/**
 * One raw file: records of a partition in the order of offsets, every byte as it came, with the parser's verdict.
 *
 * partition-reading.ts appends records; reconcile.ts reads the file's columns, so SQL never parses JSON (law L10). An
 * appender puts the rows into a DuckDB table of this process, and COPY writes that as Parquet, which is faster than
 * writing row by row. Numbers below 2^53 pass as doubles, which are exact there and cost no bigint. A file is full when
 * it has enough bytes or enough rows, so that memory can hold it wherever it is read, however large its records are.
 */
import { randomUUID } from 'node:crypto';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Verdict } from '../../core/domain/verdict.ts';
import type { Cell, Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { ArchivedFile } from '../model.ts';
import { RAW_COLUMNS } from '../../core/layout/lake-columns.ts';
import { CHUNK_ROWS, quoted } from '../../core/stores/lake/duckdb.ts';
import { bytesOf } from '../../core/stores/kafka/record.ts';
import { groupRowsFor, rawFileBytesFor, VECTOR_BYTES } from '../lake/sizes.ts';

export interface RawLimits {
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
}

export function rawLimitsFor(memoryMb: number): RawLimits {
  return { rows: ROWS_PER_FILE, bytes: rawFileBytesFor(memoryMb) };
}

export interface RawWriter {
  readonly rows: number;
  /** The file has as many rows or bytes as a file should have; another record may still be appended. */
  readonly isFull: boolean;
  append(record: LogRecord, arrival: Instant, verdict: Verdict): void;
  /** Writes the Parquet file; `target` gives its path and key-value metadata. The writer cannot be used afterwards. */
  finish(
    target: (range: { first: number; last: number }) => { localFile: string; metadata: string },
  ): Promise<ArchivedFile>;
}

const COLUMNS = `o DOUBLE, stamp DOUBLE, arrival DOUBLE, k BLOB, v BLOB, h STRUCT(name VARCHAR, value BLOB)[],
  verdict TINYINT, reason VARCHAR, detail VARCHAR, home INTEGER, location BIGINT, camera BIGINT, id BIGINT,
  item VARCHAR, t DOUBLE`;
const COLUMN_COUNT = 15;
const ROWS_PER_FILE = 500_000;
/** Rows that have so many bytes are handed over to DuckDB, even if they are fewer than CHUNK_ROWS. */
const CHUNK_BYTES = 4_194_304;
/** Bytes of the columns of fixed width. */
const ROW_BYTES = 64;
const VERDICTS = ['tick', 'dead_letter', 'stray', 'detection'] as const;
const VERDICT_CODE: Readonly<Record<Verdict['kind'], number>> = { tick: 0, dead_letter: 1, stray: 2, detection: 3 };

export async function rawWriter(duck: Duck, partition: number, limits: RawLimits): Promise<RawWriter> {
  const table = `raw_${randomUUID().replaceAll('-', '')}`;
  await duck.run(`CREATE TABLE ${table} (${COLUMNS})`);
  const appender = await duck.appender(table);
  const columns: Cell[][] = Array.from({ length: COLUMN_COUNT }, () => new Array<Cell>(CHUNK_ROWS).fill(null));
  const weight = weightOfRows();
  let filled = 0;
  let filledBytes = 0;
  let rows = 0;
  let first = -1;
  let last = -1;
  const handOver = (): void => {
    if (filled > 0) appender.append(columns, filled);
    filled = 0;
    filledBytes = 0;
  };
  return {
    get rows() {
      return rows;
    },
    get isFull() {
      return rows >= limits.rows || weight.bytes >= limits.bytes || weight.ofVector() >= VECTOR_BYTES;
    },
    append(record, arrival, verdict) {
      if (rows === 0) first = record.offset;
      last = record.offset;
      const bytes = weightOf(record, verdict);
      weight.add(rows, bytes);
      rows += 1;
      fill(columns, filled, { record, arrival, verdict });
      filled += 1;
      filledBytes += bytes;
      if (filled === CHUNK_ROWS || filledBytes >= CHUNK_BYTES) handOver();
    },
    async finish(target) {
      handOver();
      appender.close();
      const { localFile, metadata } = target({ first, last });
      await duck.run(
        copyStatement(table, partition, { localFile, metadata, groupRows: groupRowsFor(weight.ofVectors()) }),
      );
      await duck.run(`DROP TABLE ${table}`);
      const [written] = await duck.rows(`SELECT num_rows FROM parquet_file_metadata(${quoted(localFile)})`);
      if (Number(written!.num_rows) !== rows)
        throw new Error(`${localFile} reads back with ${written!.num_rows} rows; ${rows} were written`);
      return { localFile, partition, rows, first, last };
    },
  };
}

interface Weight {
  /** Bytes of all rows. */
  readonly bytes: number;
  /** Bytes of the rows of the last vector. */
  ofVector(): number;
  /** For each vector, the heaviest first: bytes of an average row, and how many rows there are. */
  ofVectors(): { bytes: number; rows: number }[];
  add(row: number, bytes: number): void;
}

function weightOfRows(): Weight {
  const vectors: number[] = [];
  let all = 0;
  return {
    get bytes() {
      return all;
    },
    ofVector: () => vectors.at(-1) ?? 0,
    ofVectors: () =>
      [...vectors].sort((a, b) => b - a).map((bytes) => ({ bytes: Math.ceil(bytes / CHUNK_ROWS), rows: CHUNK_ROWS })),
    add(row, bytes) {
      const vector = Math.floor(row / CHUNK_ROWS);
      vectors[vector] = (vectors[vector] ?? 0) + bytes;
      all += bytes;
    },
  };
}

/** Bytes of a row. An item's name counts a second time, because it has a column beside the value. */
function weightOf(record: LogRecord, verdict: Verdict): number {
  const item = verdict.kind === 'detection' || verdict.kind === 'stray' ? verdict.detection.item.length : 0;
  return ROW_BYTES + bytesOf(record) + item;
}

/** From a row of a raw file to the record as Kafka delivered it. */
export function recordOf(row: Row): LogRecord {
  const headers = (row.headers ?? []) as readonly { name: string; value: Buffer | null }[];
  return {
    partition: Number(row.kafka_partition),
    offset: Number(row.kafka_offset),
    stamp: Number(row.stamp),
    key: row.key as Buffer | null,
    value: row.value as Buffer | null,
    headers: headers.map(({ name, value }) => [name, value] as const),
  };
}

function fill(
  columns: Cell[][],
  at: number,
  { record, arrival, verdict }: { record: LogRecord; arrival: Instant; verdict: Verdict },
): void {
  columns[0]![at] = record.offset;
  columns[1]![at] = record.stamp;
  columns[2]![at] = arrival;
  columns[3]![at] = record.key;
  columns[4]![at] = record.value;
  columns[5]![at] = record.headers.length === 0 ? null : record.headers.map(([name, value]) => ({ name, value }));
  columns[6]![at] = VERDICT_CODE[verdict.kind];
  const letter = verdict.kind === 'dead_letter' ? verdict.deadLetter : null;
  columns[7]![at] = letter?.reason ?? null;
  columns[8]![at] = letter?.detail ?? null;
  columns[9]![at] = verdict.kind === 'stray' ? verdict.home : null;
  const detection = verdict.kind === 'stray' || verdict.kind === 'detection' ? verdict.detection : null;
  columns[10]![at] = detection ? BigInt(detection.location) : null;
  columns[11]![at] = detection ? BigInt(detection.camera) : null;
  columns[12]![at] = detection ? BigInt(detection.id) : null;
  columns[13]![at] = detection ? detection.item : null;
  columns[14]![at] = detection ? detection.detectedAt : null;
}

function copyStatement(
  table: string,
  partition: number,
  { localFile, metadata, groupRows }: { localFile: string; metadata: string; groupRows: number },
): string {
  const kinds = VERDICTS.map((kind, code) => `WHEN ${code} THEN '${kind}'`).join(' ');
  const values: Readonly<Record<string, string>> = {
    kafka_partition: String(partition),
    kafka_offset: 'o',
    key: 'k',
    value: 'v',
    headers: 'h',
    verdict: `CASE verdict ${kinds} END`,
    geographical_location_oid: 'location',
    video_camera_oid: 'camera',
    detection_oid: 'id',
    item_name: 'item',
    timestamp_detected: 't',
  };
  const columns = RAW_COLUMNS.map(([name, type]) => `CAST(${values[name] ?? name} AS ${type}) AS ${name}`);
  return `COPY (SELECT ${columns.join(', ')} FROM ${table}) TO ${quoted(localFile)}
    (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE ${groupRows}, KV_METADATA ${metadata})`;
}
