/**
 * The columns of the Iceberg table over the files of detections, and how files are told apart: by the hour of
 * detection, which is that of their folder.
 *
 * metadata.ts and manifests.ts write it into the table's files. Parquet files carry no field ids, so the table maps
 * names to ids. An id stays with its name for ever: a new column gets the next one.
 */
import { DETECTION_COLUMNS } from '../../core/layout/lake-columns.ts';

const TYPES: Readonly<Record<string, 'long' | 'int' | 'string' | 'timestamptz'>> = {
  ...{ BIGINT: 'long', INTEGER: 'int', VARCHAR: 'string', TIMESTAMPTZ: 'timestamptz' },
};

export const TABLE_COLUMNS = DETECTION_COLUMNS.map(([name, type], at) => ({ id: at + 1, name, type: TYPES[type]! }));
export type TableColumn = (typeof TABLE_COLUMNS)[number];

export const TABLE_SCHEMA = {
  ...{ type: 'struct', 'schema-id': 0 },
  fields: TABLE_COLUMNS.map((column) => ({ ...column, required: false })),
};

export const NAME_MAPPING = TABLE_COLUMNS.map(({ id, name }) => ({ 'field-id': id, names: [name] }));

/** Ids of partition fields begin here. */
export const HOUR_FIELD_ID = 1_000;

export const PARTITION_FIELDS = [
  {
    ...{ name: 'detected_at_hour', transform: 'hour', 'field-id': HOUR_FIELD_ID },
    'source-id': TABLE_COLUMNS.find(({ name }) => name === 'detected_at')!.id,
  },
];
