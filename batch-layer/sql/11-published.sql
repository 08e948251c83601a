-- What this epoch publishes: one row per detection, joined with dataset B as it stands. An unknown place has no name. All buckets'
-- rows are in met by now: an engine may read this once for each file instead of keeping it. The hint is Spark's, a comment to DuckDB.
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
