-- Copies whose columns differ from those of the record that first met their id, in this epoch or in an earlier one.
SELECT
  r.detection_oid,
  f.kafka_partition AS first_partition, f.kafka_offset AS first_offset,
  f.geographical_location_oid AS first_location, f.video_camera_oid AS first_camera,
  f.item_name AS first_item, f.timestamp_detected AS first_time,
  r.kafka_partition, r.kafka_offset,
  r.geographical_location_oid, r.video_camera_oid, r.item_name, r.timestamp_detected
FROM repeats r
JOIN first_met f ON f.detection_oid = r.detection_oid
WHERE r.geographical_location_oid <> f.geographical_location_oid
  OR r.video_camera_oid <> f.video_camera_oid
  OR r.item_name <> f.item_name
  OR r.timestamp_detected <> f.timestamp_detected
UNION ALL
SELECT
  r.detection_oid,
  e.kafka_partition, e.kafka_offset,
  e.geographical_location_oid, e.video_camera_oid,
  e.item_name, e.timestamp_detected,
  r.kafka_partition, r.kafka_offset,
  r.geographical_location_oid, r.video_camera_oid, r.item_name, r.timestamp_detected
FROM records r
JOIN last_met m ON m.detection_oid = r.detection_oid AND r.arrival - m.arrival <= {in_force_ms}
JOIN earlier e ON e.detection_oid = m.detection_oid AND e.arrival = m.arrival
WHERE r.geographical_location_oid <> e.geographical_location_oid
  OR r.video_camera_oid <> e.video_camera_oid
  OR r.item_name <> e.item_name
  OR r.timestamp_detected <> e.timestamp_detected
