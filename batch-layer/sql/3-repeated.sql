-- Ids that remain more than once, with the offset of their first. Most ids come once: nothing else is decided for all of them.
SELECT r.detection_oid, MIN(r.kafka_offset) AS kafka_offset
FROM remaining r
GROUP BY r.detection_oid
HAVING COUNT(*) > 1
