-- The remaining records after the first one of their id. An epoch is never longer than W, so all of them are copies.
SELECT r.*
FROM remaining r
JOIN repeated f ON f.detection_oid = r.detection_oid AND f.kafka_offset < r.kafka_offset
