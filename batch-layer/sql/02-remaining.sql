-- The records without a row in force. Every other record is a copy.
SELECT r.*
FROM records r
LEFT JOIN last_met m ON m.detection_oid = r.detection_oid
WHERE m.detection_oid IS NULL OR r.arrival - m.arrival > {in_force_ms}
