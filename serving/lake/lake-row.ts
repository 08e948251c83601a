/**
 * A row of the lake's table `detections` as lookups read it with DuckDB, and the epoch in a file's name.
 *
 * lake-day.ts seeks one id in a day, listed-rows.ts the rows of a page in their hours.
 */
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { Row } from '../../core/stores/lake/duckdb.ts';
import { oid } from '../../core/domain/oid.ts';
import { instant } from '../../core/domain/time.ts';

/** A row of the lake, with the name that its place had then. */
export interface LakeRow {
  readonly firstMet: Omit<FirstMet, 'logLife'>;
  readonly locationName: string | null;
}

/** Looks up a detection in the lake's files of a day; null if it is not there. */
export type FindInLake = (id: Oid, date: string, limits?: Allowance) => Promise<LakeRow | null>;

export const LOOKUP_MEMORY_MB = 256;
/** The columns that lakeRow needs. */
export const LAKE_ROW = `detection_oid, geographical_location_oid, geographical_location, video_camera_oid, item_name,
       timestamp_detected, epoch_ms(arrived_at) AS arrived_at, kafka_partition, kafka_offset`;

/** `…/<epoch>-<n>.parquet` */
export function epochOfFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/-\d+\.parquet$/, '');
}

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
