-- What this epoch publishes: one row for each detection, joined with dataset B as it is now. An unknown place has no
-- name. The relation met holds the rows of all buckets by now, so an engine may run this once for each file instead of
-- keeping the result. The hint is for Spark; for DuckDB it is a comment.
SELECT /*+ BROADCAST(b) */
  m.geographical_location_oid,
  m.video_camera_oid,
  m.detection_oid,
  m.item_name,
  m.timestamp_detected,
  b.geographical_location,
  m.arrival,
  m.kafka_partition,
  m.kafka_offset,
  (m.arrival - m.timestamp_detected > {window_ms}) AS is_deferred
FROM met m
LEFT JOIN locations b ON b.geographical_location_oid = m.geographical_location_oid
WHERE m.is_published
