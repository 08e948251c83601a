/**
 * One hash over the rows of an epoch, and the chain that it continues: two lakes with the same last link hold the same rows.
 *
 * run.ts computes it from the published files. Rows are sorted and written as text, so the hash follows from the rows alone: not
 * from the engine, the number of files or their order. Sorting goes by minute of detection and place, whose digests are put
 * together here, so memory holds a part of an hour at a time. docs/data.md tells how to compute it without us.
 */
import { createHash } from 'node:crypto';
import type { Duck } from '../core/stores/duckdb.ts';
import { parquet } from './reconcile.ts';

export interface HashedFile {
  /** In the lake: files of one date and hour lie in one folder. */
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

const ROWS_AT_ONCE = 3_000_000;

/** A missing place name leaves its part out; the length tells where an item's name ends. */
const ROW = `concat_ws('|', geographical_location_oid, video_camera_oid, detection_oid, timestamp_detected, epoch_ms(arrived_at),
  kafka_partition, kafka_offset, length(item_name), item_name, geographical_location)`;

/** SHA-256, hexadecimal, of the detections in these files. */
export async function rowsHash(duck: Duck, files: readonly HashedFile[], rowsAtOnce = ROWS_AT_ONCE): Promise<string> {
  const hash = createHash('sha256');
  for (const ofHour of byFolder(files)) {
    const rows = ofHour.reduce((sum, file) => sum + file.rows, 0);
    const parts = Math.max(1, Math.ceil(rows / rowsAtOnce));
    const digests: Digest[] = [];
    for (let part = 0; part < parts; part++) digests.push(...(await digestsOf(duck, ofHour, part, parts)));
    digests.sort((a, b) => a.minute - b.minute || (a.place < b.place ? -1 : 1));
    for (const { minute, place, digest } of digests) hash.update(`${minute} ${place} ${digest}\n`);
  }
  return hash.digest('hex');
}

/** The link after `before`, the last one of the epoch before (null: there is none). */
export function chained(before: string | null, epoch: string, rowsSha256: string): string {
  return createHash('sha256').update(`${before ?? ''} ${epoch} ${rowsSha256}`).digest('hex');
}

/** In the order of date and hour, which their names have. */
function byFolder(files: readonly HashedFile[]): HashedFile[][] {
  const folders = new Map<string, HashedFile[]>();
  for (const file of files) {
    const folder = file.path.slice(0, file.path.lastIndexOf('/'));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ofHour]) => ofHour);
}

interface Digest {
  readonly minute: number;
  readonly place: bigint;
  readonly digest: string;
}

async function digestsOf(duck: Duck, files: readonly HashedFile[], part: number, parts: number): Promise<Digest[]> {
  const rows = await duck.rows(`SELECT timestamp_detected // 60000 AS minute, geographical_location_oid AS place,
      sha256(string_agg(${ROW}, chr(10) ORDER BY timestamp_detected, detection_oid, kafka_partition, kafka_offset)) AS digest
    FROM ${parquet(files.map(({ localFile }) => localFile))}
    WHERE abs(geographical_location_oid % 1000003) % ${parts} = ${part} GROUP BY ALL`);
  return rows.map(({ minute, place, digest }) => ({ minute: Number(minute), place: place as bigint, digest: String(digest) }));
}
