/**
 * Writes the snapshots of the table: one after the other, each with its manifest and its list of manifests.
 *
 * table.ts says which files a snapshot adds; metadata.ts commits what is written here. Until then nobody reads it:
 * names are new with each try. A snapshot lists the manifests of the one before and one of its own, and when these are
 * too many, the small ones are merged.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { BatchContext } from '../context.ts';
import type { TableFile } from './files.ts';
import type { Manifest, ManifestEntry } from './manifests.ts';
import type { Snapshot, Table } from './metadata.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { entriesIn, manifestBytes, manifestListBytes, manifestsIn } from './manifests.ts';
import { METADATA } from './metadata.ts';

/** What one snapshot adds to the one before. */
export interface Addition {
  /** Name of the newest epoch whose rows it holds. */
  readonly epoch: string;
  readonly publishedAt: number;
  readonly files: readonly TableFile[];
}

type Context = Pick<BatchContext, 'hdfs' | 'signal'>;

const MOST_MANIFESTS = 200;
const FILES_IN_MANIFEST = 5_000;
const CALLS_AT_ONCE = 8;

export const manifestsOf = async ({ hdfs }: Pick<Context, 'hdfs'>, table: Table, of: Snapshot): Promise<Manifest[]> =>
  manifestsIn(await hdfs.read(pathIn(table, of['manifest-list'])));

/** Every file of a snapshot. */
export async function filesOf(context: Context, table: Table, of: Snapshot): Promise<ManifestEntry[]> {
  const manifests = await manifestsOf(context, table, of);
  return entriesOf(context, table, manifests);
}

async function entriesOf(context: Context, table: Table, manifests: readonly Manifest[]): Promise<ManifestEntry[]> {
  const read: ManifestEntry[][] = [];
  await inLanes(CALLS_AT_ONCE, [...manifests.entries()], async ([at, { path }]) => {
    const bytes = await context.hdfs.read(pathIn(table, path));
    read[at] = await entriesIn(bytes, (url) => pathIn(table, url));
  });
  return read.flat();
}

/** The path in the lake. Throws for a file elsewhere. */
export function pathIn({ url }: Pick<Table, 'url'>, fileUrl: string): string {
  if (fileUrl.startsWith(`${url}/`)) return fileUrl.slice(url.length + 1);
  throw new RangeError(`${fileUrl} is not below ${url}`);
}

/** Returns the table with one snapshot more for each addition. Nothing is committed. */
export async function withSnapshots(context: Context, table: Table, additions: readonly Addition[]): Promise<Table> {
  const head = table.snapshots.at(-1);
  let manifests: readonly Manifest[] = head ? await manifestsOf(context, table, head) : [];
  const snapshots = [...table.snapshots];
  const lists: { path: string; bytes: Buffer }[] = [];
  const manifestFiles: { path: string; bytes: Buffer }[] = [];
  let { sequence } = table;
  for (const addition of additions) {
    sequence += 1;
    const id = snapshotId(table.uuid, sequence);
    const own = await manifestsFor(table, addition.files, { id, sequence });
    manifestFiles.push(...own.map(({ file }) => file));
    manifests = [...manifests, ...own.map(({ manifest }) => manifest)];
    if (manifests.length > MOST_MANIFESTS) {
      await writeAll(context, manifestFiles.splice(0));
      const merged = await merge(context, table, manifests, { id, sequence });
      manifestFiles.push(...merged.files);
      manifests = merged.manifests;
    }
    const parent = snapshots.at(-1);
    const path = newName('list', sequence);
    const facts = { id, sequence, parent: parent?.['snapshot-id'] ?? null };
    lists.push({ path, bytes: await manifestListBytes(manifests, facts) });
    snapshots.push(snapshotJson(table, addition, { ...facts, before: parent, list: path }));
  }
  await writeAll(context, [...manifestFiles, ...lists]);
  return { ...table, sequence, snapshots };
}

const newName = (kind: 'list' | 'files', sequence: number): string =>
  `${METADATA}/${String(sequence).padStart(8, '0')}-${kind}-${randomUUID().slice(0, 8)}.avro`;

/** The sequence number at which the file was written; null for other files. */
export function sequenceIn(path: string): number | null {
  const [, sequence] = /\/(\d{8,})-(?:list|files)-[\da-f]{8}\.avro$/.exec(path) ?? [];
  return sequence === undefined ? null : Number(sequence);
}

/** Unlike in every other table and generation, and exact as a number of JavaScript. */
function snapshotId(uuid: string, sequence: number): number {
  const digest = createHash('sha256').update(`${uuid} ${sequence}`).digest();
  return digest.readUIntBE(0, 6) + 1;
}

async function writeAll(
  { hdfs, signal }: Context,
  files: readonly { readonly path: string; readonly bytes: Buffer }[],
): Promise<void> {
  await inLanes(CALLS_AT_ONCE, files, ({ path, bytes }, failed) =>
    withRetry(COMMAND_RETRY, () => hdfs.write(path, bytes), { signal: [signal, failed] }),
  );
}

interface Made {
  readonly manifest: Manifest;
  readonly file: { readonly path: string; readonly bytes: Buffer };
}

async function manifestsFor(
  table: Table,
  files: readonly TableFile[],
  { id, sequence }: { id: number; sequence: number },
): Promise<Made[]> {
  const entries = files.map((file) => ({ file, isNew: true, snapshotId: id, sequence }));
  return manifestsWith(table, entries, { id, sequence });
}

async function manifestsWith(
  table: Table,
  entries: readonly ManifestEntry[],
  { id, sequence }: { id: number; sequence: number },
): Promise<Made[]> {
  const made: Made[] = [];
  for (let at = 0; at < entries.length; at += FILES_IN_MANIFEST) {
    const some = entries.slice(at, at + FILES_IN_MANIFEST);
    const path = newName('files', sequence);
    const bytes = await manifestBytes(some, (file) => `${table.url}/${file}`);
    const sum = (are: readonly ManifestEntry[]) => ({
      files: are.length,
      rows: are.reduce((rows, { file }) => rows + file.rows, 0),
    });
    const hours = some.map(({ file }) => file.hour);
    const manifest = {
      ...{ path: `${table.url}/${path}`, bytes: bytes.length, sequence, snapshotId: id },
      minSequence: least(some.map((entry) => entry.sequence)),
      added: sum(some.filter(({ isNew }) => isNew)),
      existing: sum(some.filter(({ isNew }) => !isNew)),
      hours: { least: least(hours), greatest: -least(hours.map((hour) => -hour)) },
    };
    made.push({ manifest, file: { path, bytes } });
  }
  return made;
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity);

/** Small manifests as few large ones; their files are then old ones of the snapshot. */
async function merge(
  context: Context,
  table: Table,
  manifests: readonly Manifest[],
  snapshot: { id: number; sequence: number },
): Promise<{ manifests: Manifest[]; files: Made['file'][] }> {
  const isSmall = ({ added, existing }: Manifest): boolean => added.files + existing.files < FILES_IN_MANIFEST;
  const entries = await entriesOf(context, table, manifests.filter(isSmall));
  const merged = await manifestsWith(
    table,
    entries.map((entry) => ({ ...entry, isNew: entry.snapshotId === snapshot.id })),
    snapshot,
  );
  return {
    manifests: [...manifests.filter((manifest) => !isSmall(manifest)), ...merged.map(({ manifest }) => manifest)],
    files: merged.map(({ file }) => file),
  };
}

interface SnapshotFacts {
  readonly id: number;
  readonly sequence: number;
  readonly before: Snapshot | undefined;
  readonly list: string;
}

function snapshotJson(
  { url }: Table,
  { epoch, publishedAt, files }: Addition,
  { id, sequence, before, list }: SnapshotFacts,
): Snapshot {
  const [rows, bytes] = [
    files.reduce((sum, file) => sum + file.rows, 0),
    files.reduce((sum, file) => sum + file.bytes, 0),
  ];
  const total = (name: 'total-records' | 'total-data-files' | 'total-files-size', added: number): string =>
    String(Number(before?.summary[name] ?? 0) + added);
  return {
    ...{ 'snapshot-id': id, ...(before && { 'parent-snapshot-id': before['snapshot-id'] }) },
    ...{ 'sequence-number': sequence, 'schema-id': 0, 'manifest-list': `${url}/${list}` },
    // Readers expect the times of snapshots to rise.
    'timestamp-ms': Math.max(publishedAt, (before?.['timestamp-ms'] ?? 0) + 1),
    summary: {
      ...{ operation: 'append', 'sightline.epoch': epoch },
      ...{ 'added-data-files': String(files.length), 'added-records': String(rows), 'added-files-size': String(bytes) },
      'total-records': total('total-records', rows),
      'total-data-files': total('total-data-files', files.length),
      'total-files-size': total('total-files-size', bytes),
    },
  };
}
