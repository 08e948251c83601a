/**
 * A row of an export: the columns of the lake's table `detections`, whichever store it came from.
 *
 * lake-rows.ts and speed-rows.ts make them; csv.ts, or the writer of Parquet, writes them. Ids are decimal text or
 * bigint, times milliseconds. What HBase has lost of a detection (its row lives for days) is null; the lake has all of
 * it.
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
