-- Deferred detections that the lake already has under their own event date: they are first met, but not published
-- again. Dates are days of UTC since 1970; timestamps are not negative, so subtracting the remainder gives whole days.
-- in:  lake  what is published for the dates of this bucket's deferred detections
SELECT DISTINCT m.detection_oid
FROM first_met m
JOIN lake l ON l.detection_oid = m.detection_oid
  AND l.timestamp_detected - l.timestamp_detected % 86400000 = m.timestamp_detected - m.timestamp_detected % 86400000
WHERE m.is_deferred
