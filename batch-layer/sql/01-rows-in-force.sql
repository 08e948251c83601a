-- For each id of this bucket that an earlier epoch first met: the arrival of its latest first-met row. Arrivals rise
-- with offsets, and all records of an id lie in one partition (within each epoch, if the topic grew). So if any row is
-- in force for a record, the latest one is (L2, L6).
-- in:  records  detections of the epoch in their home partitions, this bucket
--      earlier  first-met rows of earlier epochs
SELECT e.detection_oid, MAX(e.arrival) AS arrival
FROM earlier e
WHERE e.detection_oid IN (SELECT r.detection_oid FROM records r)
GROUP BY e.detection_oid
