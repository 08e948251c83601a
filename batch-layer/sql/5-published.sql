-- What this epoch publishes: one row per detection, joined with dataset B as it stands. An unknown place has no name.
SELECT
  m.geographical_location_oid,
  m.video_camera_oid,
  m.detection_oid,
  m.item_name,
  m.timestamp_detected,
  b.geographical_location,
  m.arrival,
  m.kafka_partition,
  m.kafka_offset,
  m.is_deferred
FROM first_met m
LEFT JOIN locations b ON b.geographical_location_oid = m.geographical_location_oid
LEFT JOIN known_deferred k ON k.detection_oid = m.detection_oid
WHERE k.detection_oid IS NULL
