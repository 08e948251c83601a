-- The remaining records that repeat nothing are first met. A detection is deferred if its own time lies more than D
-- before its arrival.
SELECT r.*, (r.arrival - r.timestamp_detected > {window_ms}) AS is_deferred
FROM remaining r
LEFT JOIN repeats c ON c.detection_oid = r.detection_oid AND c.kafka_offset = r.kafka_offset
WHERE c.detection_oid IS NULL
