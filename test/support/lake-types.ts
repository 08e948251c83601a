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

/** The names that a reader has for the four types of the contract. */
interface NamesOfTypes {
  readonly int64: string;
  readonly int32: string;
  readonly string: string;
  readonly timestamp: string;
}

function typesNamed(names: NamesOfTypes): Record<string, string> {
  const nameOf = (type: string): string =>
    names[type.startsWith('timestamp') ? 'timestamp' : (type as keyof NamesOfTypes)];
  return Object.fromEntries(Object.entries(TYPES_IN_ARROW).map(([column, type]) => [column, nameOf(type)]));
}

/** The same columns as other readers name their types. */
export const TYPES_BY_READER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  polars: typesNamed({
    ...{ int64: 'Int64', int32: 'Int32', string: 'String' },
    timestamp: "Datetime(time_unit='us', time_zone='UTC')",
  }),
  datafusion: typesNamed({
    ...{ int64: 'int64', int32: 'int32', string: 'string_view', timestamp: 'timestamp[us, tz=UTC]' },
  }),
  clickhouse: typesNamed({
    ...{ int64: 'Nullable(Int64)', int32: 'Nullable(Int32)', string: 'Nullable(String)' },
    timestamp: "Nullable(DateTime64(6, 'UTC'))",
  }),
  fastparquet: typesNamed({
    ...{ int64: 'int64', int32: 'int32', string: 'object', timestamp: 'datetime64[us]' },
  }),
};
