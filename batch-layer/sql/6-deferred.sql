-- Deferred detections that the lake already has, by their own event date: they are first met, but published before. Dates are
-- days of UTC since 1970; timestamps are not negative, so whole days are what remains without the remainder.
-- in:  lake  what is published under the dates of this bucket's deferred detections
SELECT DISTINCT m.detection_oid
FROM first_met m
JOIN lake l ON l.detection_oid = m.detection_oid
  AND l.timestamp_detected - l.timestamp_detected % 86400000 = m.timestamp_detected - m.timestamp_detected % 86400000
WHERE m.is_deferred
