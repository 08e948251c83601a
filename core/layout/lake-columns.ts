/**
 * The columns of the lake's Parquet files: the one owner of their names, order and types.
 *
 * The batch layer writes them, serving and data scientists read them; datasets A and B keep the names of the cameras.
 * Types are SQL's: BIGINT is INT64, TIMESTAMPTZ is TIMESTAMP(MICROS, UTC), BLOB is plain bytes. Times in milliseconds
 * stay whole numbers where a law depends on them (stamp, arrival, timestamp_detected); for people there are timestamps
 * beside them.
 *
 *   raw         every record as it came, in the order of offsets
 *   detections  one row per detection, by place and time
 *   top_items   counts per hour, place and item
 *   locations   dataset B as it stood
 *   met         ids first met in the epoch, with what the record said (ours, for the runs that follow)
 */
export type Columns = readonly (readonly [name: string, type: string])[];

const DATASET_A: Columns = [
  ['geographical_location_oid', 'BIGINT'],
  ['video_camera_oid', 'BIGINT'],
  ['detection_oid', 'BIGINT'],
  ['item_name', 'VARCHAR'],
  ['timestamp_detected', 'BIGINT'],
];

export const RAW_COLUMNS: Columns = [
  ['kafka_partition', 'INTEGER'],
  ['kafka_offset', 'BIGINT'],
  ['stamp', 'BIGINT'],
  ['arrival', 'BIGINT'],
  ['key', 'BLOB'],
  ['value', 'BLOB'],
  /** NULL where there are none. */
  ['headers', 'STRUCT(name VARCHAR, value BLOB)[]'],
  /** tick, dead_letter, stray or detection (domain/verdict.ts). */
  ['verdict', 'VARCHAR'],
  /** Of a dead letter. */
  ['reason', 'VARCHAR'],
  ['detail', 'VARCHAR'],
  /** Of a stray: the partition that its id belongs to. */
  ['home', 'INTEGER'],
  ...DATASET_A,
];

export const DETECTION_COLUMNS: Columns = [
  ...DATASET_A,
  /** As dataset B stood; NULL for a place that it does not know. */
  ['geographical_location', 'VARCHAR'],
  ['detected_at', 'TIMESTAMPTZ'],
  ['arrived_at', 'TIMESTAMPTZ'],
  ['kafka_partition', 'INTEGER'],
  ['kafka_offset', 'BIGINT'],
];

export const TOP_ITEM_COLUMNS: Columns = [
  /** 0 … 23, UTC, of timestamp_detected. */
  ['hour', 'INTEGER'],
  ['geographical_location_oid', 'BIGINT'],
  ['geographical_location', 'VARCHAR'],
  ['item_name', 'VARCHAR'],
  ['detections', 'BIGINT'],
];

export const LOCATION_COLUMNS: Columns = [
  ['geographical_location_oid', 'BIGINT'],
  ['geographical_location', 'VARCHAR'],
];

export const MET_COLUMNS: Columns = [
  ['detection_oid', 'BIGINT'],
  ['arrival', 'BIGINT'],
  ['kafka_partition', 'INTEGER'],
  ['kafka_offset', 'BIGINT'],
  ['geographical_location_oid', 'BIGINT'],
  ['video_camera_oid', 'BIGINT'],
  ['item_name', 'VARCHAR'],
  ['timestamp_detected', 'BIGINT'],
  /** False for a deferred detection that the lake had already. */
  ['is_published', 'BOOLEAN'],
];

export const namesOf = (columns: Columns): string => columns.map(([name]) => name).join(', ');

export function createTable(name: string, columns: Columns): string {
  return `CREATE TABLE ${name} (${columns.map(([column, type]) => `${column} ${type}`).join(', ')})`;
}
