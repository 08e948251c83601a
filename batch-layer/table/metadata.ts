/**
 * The metadata file of the table, in the layout of Iceberg's Hadoop catalogue: `v<n>.metadata.json` and
 * `version-hint.text`.
 *
 * table.ts reads the newest and commits the next. The commit is the rename of a complete file to the next number, which
 * fails if that is taken. Readers go by the hint and look for later numbers themselves, so the hint may be old. What
 * another program committed, or a version of ours with other columns, counts as no table: table.ts makes it anew.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { DETECTIONS_TABLE } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { NAME_MAPPING, PARTITION_FIELDS, HOUR_FIELD_ID, TABLE_SCHEMA } from './columns.ts';

/** Raised when columns, ids or the meaning of our own properties change. */
const OUR_VERSION = '1';
const MAIN = 'main';

export const METADATA = `${DETECTIONS_TABLE}/metadata`;
const HINT = `${METADATA}/version-hint.text`;
export const metadataFile = (version: number): string => `${METADATA}/v${version}.metadata.json`;

const whole = z.number().int().safe();

const Snapshot = z.object({
  'snapshot-id': whole,
  'parent-snapshot-id': whole.optional(),
  'sequence-number': whole,
  'timestamp-ms': whole,
  'manifest-list': z.string(),
  'schema-id': whole,
  summary: z.looseObject({
    operation: z.string(),
    /** Names of the oldest and the newest epoch whose files the snapshot added. */
    'sightline.epoch': z.string(),
    'total-records': z.string(),
    'total-data-files': z.string(),
    'total-files-size': z.string(),
  }),
});
export type Snapshot = z.infer<typeof Snapshot>;

const Metadata = z.object({
  'format-version': z.literal(2),
  'table-uuid': z.string(),
  location: z.string(),
  'last-sequence-number': whole,
  properties: z.looseObject({
    'sightline.version': z.literal(OUR_VERSION),
    'sightline.generation': z.string(),
    /** The last change of the lake that the table has taken over (core/stores/lake/changes.ts). */
    'sightline.change': z.string(),
  }),
  snapshots: z.array(Snapshot).min(1),
});

export interface Table {
  /** Of the metadata file; 0 for a table that has none yet. */
  readonly version: number;
  readonly uuid: string;
  /** URL of the root of the lake. */
  readonly url: string;
  readonly generation: number;
  readonly sequence: number;
  readonly change: number;
  /** Oldest first; empty in a table that has no metadata file. */
  readonly snapshots: readonly Snapshot[];
}

export const epochOf = (snapshot: Snapshot): string => snapshot.summary['sightline.epoch'];

/** The number of the newest metadata file; 0 if there is none. */
export async function newestVersion(hdfs: Hdfs): Promise<number> {
  const hint = (await hdfs.facts(HINT)) ? Number((await hdfs.read(HINT)).toString('utf8')) : 0;
  let version = Number.isSafeInteger(hint) && hint > 0 ? hint : 0;
  while (await hdfs.facts(metadataFile(version + 1))) version += 1;
  return version;
}

/** Null if the file is not one of ours, of this version. */
export async function readTable(hdfs: Hdfs, version: number): Promise<Table | null> {
  if (!(await hdfs.facts(metadataFile(version)))) return null;
  const parsed = Metadata.safeParse(jsonIn(await hdfs.read(metadataFile(version))));
  if (!parsed.success) return null;
  const { properties, snapshots, location, ...metadata } = parsed.data;
  if (!location.endsWith(`/${DETECTIONS_TABLE}`)) return null;
  return {
    ...{ version, uuid: metadata['table-uuid'], url: location.slice(0, -`/${DETECTIONS_TABLE}`.length) },
    ...{ generation: Number(properties['sightline.generation']), change: Number(properties['sightline.change']) },
    ...{ sequence: metadata['last-sequence-number'], snapshots },
  };
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/** Commits the table as the version after its own. The caller holds the lock of the lake. */
export async function commitTable(hdfs: Hdfs, table: Table, now: number): Promise<Table> {
  const committed = { ...table, version: table.version + 1 };
  const prepared = `${METADATA}/_prepared-${randomUUID()}.json`;
  await hdfs.write(prepared, Buffer.from(JSON.stringify(metadataJson(committed, now))));
  if (!(await hdfs.rename(prepared, metadataFile(committed.version)))) {
    await hdfs.remove(prepared);
    throw new Refusal(
      EXIT.lake_held,
      `Another process has written ${metadataFile(committed.version)}. Run again: it goes on from there.`,
    );
  }
  await hdfs.write(HINT, Buffer.from(String(committed.version)));
  return committed;
}

function metadataJson({ uuid, url, generation, sequence, change, snapshots }: Table, now: number): object {
  const head = snapshots.at(-1)!;
  const tag = (snapshot: Snapshot) => ({ 'snapshot-id': snapshot['snapshot-id'], type: 'tag' });
  return {
    ...{ 'format-version': 2, 'table-uuid': uuid, location: `${url}/${DETECTIONS_TABLE}` },
    'last-sequence-number': sequence,
    'last-updated-ms': Math.max(now, head['timestamp-ms']),
    ...{ 'last-column-id': TABLE_SCHEMA.fields.length, 'current-schema-id': 0, schemas: [TABLE_SCHEMA] },
    ...{ 'default-spec-id': 0, 'partition-specs': [{ 'spec-id': 0, fields: PARTITION_FIELDS }] },
    'last-partition-id': HOUR_FIELD_ID,
    ...{ 'default-sort-order-id': 0, 'sort-orders': [{ 'order-id': 0, fields: [] }] },
    properties: {
      'schema.name-mapping.default': JSON.stringify(NAME_MAPPING),
      'write.format.default': 'parquet',
      ...{ 'sightline.version': OUR_VERSION, 'sightline.generation': String(generation) },
      'sightline.change': String(change),
    },
    'current-snapshot-id': head['snapshot-id'],
    snapshots,
    'snapshot-log': snapshots.map((snapshot) => ({
      ...{ 'timestamp-ms': snapshot['timestamp-ms'], 'snapshot-id': snapshot['snapshot-id'] },
    })),
    'metadata-log': [],
    refs: {
      [MAIN]: { 'snapshot-id': head['snapshot-id'], type: 'branch' },
      ...Object.fromEntries(snapshots.map((snapshot) => [epochOf(snapshot), tag(snapshot)])),
    },
  };
}
