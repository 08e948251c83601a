-- Every copy by its way and by how long after its first record it arrived; that record is of this epoch or an earlier
-- one. re_stamped: its own time differs from that of the first. stray: it was forwarded from another partition.
-- same_partition: it was sent again unchanged.
SELECT c.kafka_partition, c.way, c.below_ms, COUNT(*) AS copies
FROM (
  SELECT
    b.kafka_partition,
    CASE
      WHEN b.timestamp_detected <> b.first_time THEN 're_stamped'
      WHEN b.is_forwarded THEN 'stray'
      ELSE 'same_partition'
    END AS way,
    CASE
      WHEN b.after_ms < 1000 THEN 1000
      WHEN b.after_ms < 60000 THEN 60000
      WHEN b.after_ms < 3600000 THEN 3600000
      WHEN b.after_ms < 86400000 THEN 86400000
      ELSE {in_force_ms} + 1
    END AS below_ms
  FROM (
    SELECT r.kafka_partition, r.timestamp_detected, r.is_forwarded,
      f.timestamp_detected AS first_time, r.arrival - f.arrival AS after_ms
    FROM repeats r
    JOIN first_met f ON f.detection_oid = r.detection_oid
    UNION ALL
    SELECT r.kafka_partition, r.timestamp_detected, r.is_forwarded,
      e.timestamp_detected AS first_time, r.arrival - e.arrival AS after_ms
    FROM records r
    JOIN last_met m ON m.detection_oid = r.detection_oid AND r.arrival - m.arrival <= {in_force_ms}
    JOIN earlier e ON e.detection_oid = m.detection_oid AND e.arrival = m.arrival
  ) b
) c
GROUP BY c.kafka_partition, c.way, c.below_ms
