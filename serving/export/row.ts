/**
 * A row of an export: the columns of the lake's table `detections`, from either store.
 *
 * lake-rows.ts and speed-rows.ts create rows; csv.ts or the Parquet writer writes them. Ids are decimal text or bigint,
 * times are milliseconds. A column is null if HBase has already deleted the detection's row (it keeps rows for days);
 * the lake has all columns.
 */
export interface ExportRow {
  readonly geographical_location_oid: string | bigint;
  readonly video_camera_oid: string | bigint | null;
  readonly detection_oid: string | bigint;
  readonly item_name: string | null;
  readonly timestamp_detected: number;
  readonly geographical_location: string | null;
  readonly detected_at: number;
  readonly arrived_at: number | null;
  readonly kafka_partition: number | null;
  readonly kafka_offset: number | null;
}
