/**
 * Changes of published files: which files replace which, so that readers see all of a change or nothing of it (law L9).
 *
 * The batch layer declares a change when all of its new files lie in HDFS: one complete record is renamed to the next
 * number. From that moment the new files are in force. They get their final paths, and the manifests name them, right
 * after it; whoever takes the lock of the lake finishes that. A record names the SHA-256 of the record before it, so
 * nobody can take one away unnoticed. It is kept for ever and holds no row. day-files.ts reads the newest one.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';
import { changeFile, CHANGES } from '../../layout/lake.ts';
import { layoutVersion } from './layout-version.ts';
import { EpochChange, PublishedFile } from './runs.ts';

const whole = z.number().int();

/** Which detections were to be forgotten. Ids are not kept: a list of them would be a list of the forgotten. */
export const ForgetOrder = z.discriminatedUnion('by', [
  z.object({ by: z.literal('camera'), camera: z.string(), from: whole, to: whole }),
  z.object({ by: z.literal('location'), location: z.string(), from: whole, to: whole }),
  z.object({ by: z.literal('detections'), count: whole, ids_sha256: z.string() }),
]);
export type ForgetOrder = z.infer<typeof ForgetOrder>;

const AddedFile = PublishedFile.extend({
  /** Where it lies until it has its path. */
  staged: z.string(),
  /** Names of the epochs whose manifests name it. */
  epochs: z.array(z.string()),
});

export const ChangeRecord = z.object({
  version: layoutVersion('a record of a change'),
  change: whole,
  /** `compact`, `forget` or `retain`; another version may know more. */
  kind: z.string(),
  generation: whole,
  declared_at: whole,
  /** SHA-256 of the bytes of the record before; null in the first. */
  previous_sha256: z.string().nullable(),
  order: ForgetOrder.nullable().default(null),
  /** Of a `forget`: whether counts went too. */
  takes_counts: z.boolean().optional(),
  /** Orders that the lake of an earlier generation had carried out. */
  carried: z.array(ForgetOrder).default([]),
  /** Whether replaced files are kept for readers that have begun (RETIRED), or are gone at once. */
  keeps_replaced: z.boolean(),
  replaced: z.array(PublishedFile),
  added: z.array(AddedFile),
  /** Of a `retain`: the last epochs that have no detections, and no raw files, any more. */
  retained: z
    .object({ detections_up_to: z.string().nullable(), raw_up_to: z.string().nullable() })
    .nullable()
    .default(null),
  epochs: z.array(EpochChange.omit({ change: true, kind: true }).extend({ epoch: z.string() })),
});
export type ChangeRecord = z.infer<typeof ChangeRecord>;
export type AddedFile = z.infer<typeof AddedFile>;

const NAME = /^(\d{6,})\.json$/;

/** Numbers of the changes that were declared, ascending. */
export async function listChanges(hdfs: Hdfs, limits?: ReadLimits): Promise<number[]> {
  const names = (await hdfs.list(CHANGES, limits)).map(({ path }) => NAME.exec(path.slice(CHANGES.length + 1))?.[1]);
  return names.flatMap((name) => (name === undefined ? [] : [Number(name)])).sort((a, b) => a - b);
}

export async function readChange(hdfs: Hdfs, change: number, limits?: ReadLimits): Promise<ChangeRecord> {
  return parseChange(await hdfs.read(changeFile(change), limits));
}

export const parseChange = (bytes: Buffer): ChangeRecord => ChangeRecord.parse(JSON.parse(bytes.toString('utf8')));

/** Every record, oldest first. Throws if one is missing or was altered. */
export async function readChain(hdfs: Hdfs): Promise<ChangeRecord[]> {
  const records: ChangeRecord[] = [];
  let previous: string | null = null;
  for (const [at, change] of (await listChanges(hdfs)).entries()) {
    const bytes = await hdfs.read(changeFile(change));
    const record = parseChange(bytes);
    if (change !== at + 1 || record.change !== change || record.previous_sha256 !== previous)
      throw new RangeError(
        `${changeFile(change)} does not follow the record before it: it names ${record.previous_sha256}, and ` +
          `${previous} was expected. Restore the records of ${CHANGES} from a copy.`,
      );
    records.push(record);
    previous = sha256Of(bytes);
  }
  return records;
}

/** How far the newest retention of a chain went; null if there was none. */
export const retainedIn = (chain: readonly ChangeRecord[]): ChangeRecord['retained'] =>
  chain.findLast(({ retained }) => retained !== null)?.retained ?? null;

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The files of a list after a change; the same if the list is already that of afterwards. */
export function filesAfter<File extends { readonly path: string }>(
  files: readonly File[],
  { replaced }: Pick<ChangeRecord, 'replaced'>,
  added: readonly File[],
): File[] {
  const newPaths = new Set(added.map(({ path }) => path));
  const gone = new Set(replaced.map(({ path }) => path));
  const kept = files.filter(({ path }) => !gone.has(path) && !newPaths.has(path));
  return [...kept, ...added].sort((a, b) => (a.path < b.path ? -1 : 1));
}
