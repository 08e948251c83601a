-- Counts for each hour of the day, place and item. The dividend is a whole number of hours, so the division is exact.
SELECT
  timestamp_detected - timestamp_detected % 86400000 AS day,
  CAST((timestamp_detected % 86400000 - timestamp_detected % 3600000) / 3600000 AS INTEGER) AS hour,
  geographical_location_oid,
  geographical_location,
  item_name,
  COUNT(*) AS detections
FROM detections
GROUP BY 1, 2, 3, 4, 5
