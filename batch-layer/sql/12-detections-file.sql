-- The rows of the files that people read. Spark has timestamp_millis; DuckDB gets a macro of that name.
SELECT
  geographical_location_oid,
  video_camera_oid,
  detection_oid,
  item_name,
  timestamp_detected,
  geographical_location,
  timestamp_millis(timestamp_detected) AS detected_at,
  timestamp_millis(arrival) AS arrived_at,
  kafka_partition,
  kafka_offset
FROM detections
