-- What remains and repeats nothing is first met, by offset. A detection whose own time lies more than D behind its arrival is
-- deferred.
SELECT r.*, (r.arrival - r.timestamp_detected > {window_ms}) AS is_deferred
FROM remaining r
LEFT JOIN repeats c ON c.detection_oid = r.detection_oid AND c.kafka_offset = r.kafka_offset
WHERE c.detection_oid IS NULL
