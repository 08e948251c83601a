-- What later epochs must know: every id that is first met, published or not, with the columns of its record.
SELECT
  m.detection_oid,
  m.arrival,
  m.kafka_partition,
  m.kafka_offset,
  m.geographical_location_oid,
  m.video_camera_oid,
  m.item_name,
  m.timestamp_detected,
  k.detection_oid IS NULL AS is_published
FROM first_met m
LEFT JOIN known_deferred k ON k.detection_oid = m.detection_oid
