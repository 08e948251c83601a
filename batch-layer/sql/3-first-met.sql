-- Of what remains, the first by offset of each id; an epoch is never longer than W, so the others are its copies. A detection
-- whose own time lies more than D behind its arrival is deferred.
SELECT r.*, (r.arrival - r.timestamp_detected > {window_ms}) AS is_deferred
FROM remaining r
JOIN (
  SELECT detection_oid, MIN(kafka_offset) AS kafka_offset
  FROM remaining
  GROUP BY detection_oid
) f ON f.detection_oid = r.detection_oid AND f.kafka_offset = r.kafka_offset
