-- For each partition: how many of its detections are new, deferred or copies, and how many copies have their first
-- record in an earlier epoch (L7).
SELECT
  t.kafka_partition,
  CAST(SUM(t.detections) AS BIGINT) AS detections,
  CAST(SUM(t.new) AS BIGINT) AS new,
  CAST(SUM(t.deferred) AS BIGINT) AS deferred,
  CAST(SUM(t.copies_of_earlier) AS BIGINT) AS copies_of_earlier
FROM (
  SELECT r.kafka_partition, COUNT(*) AS detections, 0 AS new, 0 AS deferred, 0 AS copies_of_earlier
  FROM records r
  GROUP BY r.kafka_partition
  UNION ALL
  SELECT f.kafka_partition, 0, SUM(CASE WHEN f.is_deferred THEN 0 ELSE 1 END),
    SUM(CASE WHEN f.is_deferred THEN 1 ELSE 0 END), 0
  FROM first_met f
  GROUP BY f.kafka_partition
  UNION ALL
  SELECT r.kafka_partition, 0, 0, 0, COUNT(*)
  FROM records r
  JOIN last_met m ON m.detection_oid = r.detection_oid AND r.arrival - m.arrival <= {in_force_ms}
  GROUP BY r.kafka_partition
) t
GROUP BY t.kafka_partition
