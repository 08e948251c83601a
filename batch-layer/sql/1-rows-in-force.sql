-- For each id of this bucket that an earlier epoch first met: the arrival of the row that came last. Arrivals rise with
-- offsets and all records of an id lie in one partition (in each epoch, if the topic grew), so if any row is in force for a
-- record, this one is (L2, L6).
-- in:  records  home detections of the epoch, this bucket      earlier  first-met rows of strictly earlier epochs
SELECT e.detection_oid, MAX(e.arrival) AS arrival
FROM earlier e
WHERE e.detection_oid IN (SELECT r.detection_oid FROM records r)
GROUP BY e.detection_oid
