-- The ids that remain more than once, with the offset of their first record. Most ids come once, so this is a small
-- relation, and no larger one is needed.
SELECT r.detection_oid, MIN(r.kafka_offset) AS kafka_offset
FROM remaining r
GROUP BY r.detection_oid
HAVING COUNT(*) > 1
