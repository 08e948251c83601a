-- Deferred detections that the lake already has, by their own event date: they are first met, but published before.
-- in:  lake  detection_oid and dt of what is published, for the dates of this bucket's deferred detections
CREATE TABLE known_deferred AS
SELECT DISTINCT m.detection_oid
FROM first_met m
JOIN lake l ON l.detection_oid = m.detection_oid AND l.dt = CAST({date_of_detection} AS VARCHAR)
WHERE m.is_deferred;
