/**
 * The columns of a detection as pyarrow must find them in the lake and in an export: the contract's, written down a
 * second time.
 */
export const TYPES_IN_ARROW = {
  geographical_location_oid: 'int64',
  video_camera_oid: 'int64',
  detection_oid: 'int64',
  item_name: 'string',
  timestamp_detected: 'int64',
  geographical_location: 'string',
  detected_at: 'timestamp[us, tz=UTC]',
  arrived_at: 'timestamp[us, tz=UTC]',
  kafka_partition: 'int32',
  kafka_offset: 'int64',
};
