-- The records that have no row in force: every other one is a copy, and renews nothing.
SELECT r.*
FROM records r
LEFT JOIN last_met m ON m.detection_oid = r.detection_oid
WHERE m.detection_oid IS NULL OR r.arrival - m.arrival > {in_force_ms}
