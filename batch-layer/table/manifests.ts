/**
 * Iceberg's manifests, which list data files, and the lists of manifests that make a snapshot; both as Avro bytes.
 *
 * snapshots.ts writes and reads them. Format version 2 of the specification (https://iceberg.apache.org/spec); optional
 * fields that we do not know are left out, and readers find the others by their ids. Bounds are in Iceberg's own form:
 * little-endian numbers, timestamps in microseconds.
 */
import type { Schema } from 'avsc';
import type { TableFile } from './files.ts';
import { avroFile, avroRecords } from './avro-files.ts';
import { intBound } from './bounds.ts';
import { HOUR_FIELD_ID, PARTITION_FIELDS, TABLE_SCHEMA } from './columns.ts';

/** A manifest as a list of them names it. */
export interface Manifest {
  /** A URL. */
  readonly path: string;
  readonly bytes: number;
  readonly sequence: number;
  /** The least sequence number of its files. */
  readonly minSequence: number;
  /** The snapshot that added the manifest. */
  readonly snapshotId: number;
  readonly added: { readonly files: number; readonly rows: number };
  readonly existing: { readonly files: number; readonly rows: number };
  /** Hours of detection, since 1970. */
  readonly hours: { readonly least: number; readonly greatest: number };
}

/** A file as a manifest has it. */
export interface ManifestEntry {
  readonly file: TableFile;
  readonly isNew: boolean;
  /** Of the snapshot that added the file. */
  readonly snapshotId: number;
  readonly sequence: number;
}

const field = (id: number, name: string, type: unknown): object => ({ name, type, 'field-id': id });
const optional = (id: number, name: string, type: unknown): object => ({
  ...field(id, name, ['null', type]),
  default: null,
});

/** Avro's maps have texts as keys, so Iceberg writes a list of pairs. */
function mapById(name: string, [key, value]: readonly [number, number], type: string): object {
  const fields = [field(key, 'key', 'int'), field(value, 'value', type)];
  return { type: 'array', logicalType: 'map', items: { type: 'record', name, fields } };
}

const DATA_FILE = {
  ...{ type: 'record', name: 'r2' },
  fields: [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    field(102, 'partition', {
      ...{ type: 'record', name: 'r102' },
      fields: [optional(HOUR_FIELD_ID, PARTITION_FIELDS[0]!.name, 'int')],
    }),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    optional(108, 'column_sizes', mapById('k117_v118', [117, 118], 'long')),
    optional(109, 'value_counts', mapById('k119_v120', [119, 120], 'long')),
    optional(110, 'null_value_counts', mapById('k121_v122', [121, 122], 'long')),
    optional(125, 'lower_bounds', mapById('k126_v127', [126, 127], 'bytes')),
    optional(128, 'upper_bounds', mapById('k129_v130', [129, 130], 'bytes')),
  ],
};

const ENTRY = {
  ...{ type: 'record', name: 'manifest_entry' },
  fields: [
    field(0, 'status', 'int'),
    optional(1, 'snapshot_id', 'long'),
    optional(3, 'sequence_number', 'long'),
    optional(4, 'file_sequence_number', 'long'),
    field(2, 'data_file', DATA_FILE),
  ],
} as unknown as Schema;

const PARTITION_SUMMARY = {
  ...{ type: 'record', name: 'r508' },
  fields: [
    field(509, 'contains_null', 'boolean'),
    optional(510, 'lower_bound', 'bytes'),
    optional(511, 'upper_bound', 'bytes'),
  ],
};

const LISTED = {
  ...{ type: 'record', name: 'manifest_file' },
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', { type: 'array', items: PARTITION_SUMMARY, 'element-id': 508 }),
  ],
} as unknown as Schema;

const [EXISTING, ADDED] = [0, 1];
const DATA = 0;

interface Pair<Value> {
  readonly key: number;
  readonly value: Value;
}

interface EntryJson {
  readonly status: number;
  readonly snapshot_id: number;
  readonly sequence_number: number;
  readonly data_file: {
    readonly file_path: string;
    readonly partition: Readonly<Record<string, number>>;
    readonly record_count: number;
    readonly file_size_in_bytes: number;
    readonly column_sizes: readonly Pair<number>[] | null;
    readonly value_counts: readonly Pair<number>[] | null;
    readonly null_value_counts: readonly Pair<number>[] | null;
    readonly lower_bounds: readonly Pair<Buffer>[] | null;
    readonly upper_bounds: readonly Pair<Buffer>[] | null;
  };
}

/** `urlOf` makes a URL of a path of the lake. */
export function manifestBytes(entries: readonly ManifestEntry[], urlOf: (path: string) => string): Promise<Buffer> {
  const metadata = {
    ...{ schema: JSON.stringify(TABLE_SCHEMA), 'schema-id': '0', 'partition-spec': JSON.stringify(PARTITION_FIELDS) },
    ...{ 'partition-spec-id': '0', 'format-version': '2', content: 'data' },
  };
  const records = entries.map(({ file, isNew, snapshotId, sequence }) => {
    const { columns } = file;
    const pairs = <Value>(of: (column: (typeof columns)[number]) => Value | null): Pair<Value>[] =>
      columns.flatMap((column) => {
        const value = of(column);
        return value === null ? [] : [{ key: column.id, value }];
      });
    return {
      ...{ status: isNew ? ADDED : EXISTING, snapshot_id: snapshotId },
      ...{ sequence_number: sequence, file_sequence_number: sequence },
      data_file: {
        ...{ content: DATA, file_path: urlOf(file.path), file_format: 'PARQUET' },
        partition: { [PARTITION_FIELDS[0]!.name]: file.hour },
        ...{ record_count: file.rows, file_size_in_bytes: file.bytes },
        column_sizes: pairs(({ bytes }) => bytes),
        value_counts: pairs(({ values }) => values),
        null_value_counts: pairs(({ nulls }) => nulls),
        lower_bounds: pairs(({ lower }) => lower),
        upper_bounds: pairs(({ upper }) => upper),
      },
    };
  });
  return avroFile(ENTRY, metadata, records);
}

export async function entriesIn(bytes: Buffer, pathOf: (url: string) => string): Promise<ManifestEntry[]> {
  return ((await avroRecords(bytes)) as EntryJson[]).map(
    ({ status, snapshot_id, sequence_number, data_file: data }) => {
      const of = <Value>(pairs: readonly Pair<Value>[] | null): Map<number, Value> =>
        new Map((pairs ?? []).map(({ key, value }) => [key, value]));
      const [sizes, nulls] = [of(data.column_sizes), of(data.null_value_counts)];
      const [lower, upper] = [of(data.lower_bounds), of(data.upper_bounds)];
      const columns = [...of(data.value_counts)].map(([id, values]) => ({
        ...{ id, values, bytes: sizes.get(id) ?? 0, nulls: nulls.get(id) ?? null },
        ...{ lower: lower.get(id) ?? null, upper: upper.get(id) ?? null },
      }));
      const file = {
        ...{ path: pathOf(data.file_path), rows: data.record_count, bytes: data.file_size_in_bytes, columns },
        hour: data.partition[PARTITION_FIELDS[0]!.name]!,
      };
      return { file, isNew: status === ADDED, snapshotId: snapshot_id, sequence: sequence_number };
    },
  );
}

export function manifestListBytes(
  manifests: readonly Manifest[],
  snapshot: { readonly id: number; readonly parent: number | null; readonly sequence: number },
): Promise<Buffer> {
  const metadata = {
    ...{ 'snapshot-id': String(snapshot.id), 'parent-snapshot-id': String(snapshot.parent) },
    ...{ 'sequence-number': String(snapshot.sequence), 'format-version': '2' },
  };
  const records = manifests.map(({ path, bytes, sequence, minSequence, snapshotId, added, existing, hours }) => ({
    ...{ manifest_path: path, manifest_length: bytes, partition_spec_id: 0, content: DATA },
    ...{ sequence_number: sequence, min_sequence_number: minSequence, added_snapshot_id: snapshotId },
    ...{ added_files_count: added.files, existing_files_count: existing.files, deleted_files_count: 0 },
    ...{ added_rows_count: added.rows, existing_rows_count: existing.rows, deleted_rows_count: 0 },
    partitions: [{ contains_null: false, lower_bound: intBound(hours.least), upper_bound: intBound(hours.greatest) }],
  }));
  return avroFile(LISTED, metadata, records);
}

interface ListedJson {
  readonly manifest_path: string;
  readonly manifest_length: number;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  readonly added_snapshot_id: number;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly partitions: readonly { readonly lower_bound: Buffer; readonly upper_bound: Buffer }[];
}

export async function manifestsIn(bytes: Buffer): Promise<Manifest[]> {
  return ((await avroRecords(bytes)) as ListedJson[]).map((listed) => ({
    ...{ path: listed.manifest_path, bytes: listed.manifest_length, snapshotId: listed.added_snapshot_id },
    ...{ sequence: listed.sequence_number, minSequence: listed.min_sequence_number },
    added: { files: listed.added_files_count, rows: listed.added_rows_count },
    existing: { files: listed.existing_files_count, rows: listed.existing_rows_count },
    hours: {
      least: listed.partitions[0]!.lower_bound.readInt32LE(),
      greatest: listed.partitions[0]!.upper_bound.readInt32LE(),
    },
  }));
}
