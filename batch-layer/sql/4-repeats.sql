-- Of what remains, every record behind the first of its id: an epoch is never longer than W, so all of them are its copies.
SELECT r.*
FROM remaining r
JOIN repeated f ON f.detection_oid = r.detection_oid AND f.kafka_offset < r.kafka_offset
