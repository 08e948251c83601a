-- How many of each partition's home detections were new, deferred or copies, and how many copies had their first in an
-- earlier epoch (L7).
SELECT
  r.kafka_partition,
  COUNT(*) AS detections,
  CAST(SUM(CASE WHEN f.detection_oid IS NOT NULL AND NOT f.is_deferred THEN 1 ELSE 0 END) AS BIGINT) AS new,
  CAST(SUM(CASE WHEN f.detection_oid IS NOT NULL AND f.is_deferred THEN 1 ELSE 0 END) AS BIGINT) AS deferred,
  CAST(SUM(CASE WHEN m.detection_oid IS NOT NULL AND r.arrival - m.arrival <= {in_force_ms} THEN 1 ELSE 0 END) AS BIGINT)
    AS copies_of_earlier
FROM records r
LEFT JOIN first_met f ON f.detection_oid = r.detection_oid AND f.kafka_offset = r.kafka_offset
LEFT JOIN last_met m ON m.detection_oid = r.detection_oid
GROUP BY r.kafka_partition
