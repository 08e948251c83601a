/**
 * A row of the lake's table `detections` as DuckDB reads it: the columns to ask for, and the row as a first-met row.
 *
 * Serving's lookups and lists read it where HBase has deleted the row, and `trace` where it looks an id up in a day.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Row } from './duckdb.ts';
import { oid } from '../../domain/oid.ts';
import { instant } from '../../domain/time.ts';

/** The lake does not keep the log life. */
export type FirstMetInLake = Omit<FirstMet, 'logLife'>;

/** A row of the lake, with the name that its place had then. */
export interface LakeRow {
  readonly firstMet: FirstMetInLake;
  readonly locationName: string | null;
}

/** The columns that lakeRow needs. */
export const LAKE_ROW = `detection_oid, geographical_location_oid, geographical_location, video_camera_oid, item_name,
       timestamp_detected, epoch_ms(arrived_at) AS arrived_at, kafka_partition, kafka_offset`;

export function lakeRow(row: Row): LakeRow {
  const name = row.geographical_location ?? null;
  return {
    firstMet: {
      partition: Number(row.kafka_partition),
      offset: Number(row.kafka_offset),
      arrival: instant(Number(row.arrived_at)),
      detection: {
        id: oid(String(row.detection_oid)),
        location: oid(String(row.geographical_location_oid)),
        camera: oid(String(row.video_camera_oid)),
        item: String(row.item_name),
        detectedAt: instant(Number(row.timestamp_detected)),
      },
    },
    locationName: name === null ? null : String(name),
  };
}
