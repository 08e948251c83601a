/**
 * One hash over the rows of an epoch, and the chain that it continues: two lakes with the same last link hold the same
 * rows.
 *
 * run.ts computes it from the published files. Rows are sorted and written as text, so the hash follows from the rows
 * alone: not from the engine, the number of files or their order. Sorting goes by minute of detection and place, whose
 * digests are put together here, so memory holds a part of an hour at a time. A part whose rows weigh more than is
 * gathered at once is sorted by DuckDB, which may spill, and hashed as it comes: the same digests, slower. docs/data.md
 * tells how to compute it without us.
 */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import { shareOf, sortBytesFor, textBytes } from './sizes.ts';

export interface HashedFile {
  /** In the lake: files of one date and hour lie in one folder. */
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

export interface HashLimits {
  readonly rows: number;
  /** Of long texts. */
  readonly bytes: number;
}

const ROWS_AT_ONCE = 3_000_000;

export function hashLimitsFor(memoryMb: number): HashLimits {
  return { rows: ROWS_AT_ONCE, bytes: sortBytesFor(memoryMb) };
}

/** A missing place name leaves its part out; the length tells where an item's name ends. */
const ROW = `concat_ws('|', geographical_location_oid, video_camera_oid, detection_oid, timestamp_detected, epoch_ms(arrived_at),
  kafka_partition, kafka_offset, length(item_name), item_name, geographical_location)`;
const ORDER = 'timestamp_detected, detection_oid, kafka_partition, kafka_offset';

/** SHA-256, hexadecimal, of the detections in these files. */
export async function rowsHash(duck: Duck, files: readonly HashedFile[], limits: HashLimits): Promise<string> {
  const hash = createHash('sha256');
  for (const ofHour of byFolder(files)) {
    const digests: Digest[] = [];
    for (const part of await partsOf(duck, ofHour, limits)) {
      digests.push(...(part.bytes > limits.bytes ? await streamedDigests(duck, part) : await digestsOf(duck, part)));
    }
    digests.sort((a, b) => a.minute - b.minute || (a.place < b.place ? -1 : 1));
    for (const { minute, place, digest } of digests) hash.update(`${minute} ${place} ${digest}\n`);
  }
  return hash.digest('hex');
}

/** The link after `before`, the last one of the epoch before (null: there is none). */
export function chainHash(before: string | null, epoch: string, rowsSha256: string): string {
  return createHash('sha256')
    .update(`${before ?? ''} ${epoch} ${rowsSha256}`)
    .digest('hex');
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

/** Some places of an hour. */
interface Part {
  /** SQL: its rows. */
  readonly rows: string;
  /** Of long texts. */
  readonly bytes: number;
}

async function partsOf(duck: Duck, ofHour: readonly HashedFile[], limits: HashLimits): Promise<Part[]> {
  const files = parquet(ofHour.map(({ localFile }) => localFile));
  const weigh = `CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes`;
  const [all] = await duck.rows(`SELECT ${weigh} FROM ${files}`);
  const rows = ofHour.reduce((sum, file) => sum + file.rows, 0);
  const bytes = Number(all!.bytes ?? 0);
  const parts = Math.max(1, Math.ceil(shareOf({ rows, bytes }, limits)));
  const part = `abs(geographical_location_oid % 1000003) % ${parts}`;
  const found =
    parts === 1
      ? [{ part: 0, bytes }]
      : await duck.rows(`SELECT ${part} AS part, ${weigh} FROM ${files} GROUP BY part ORDER BY part`);
  return found.map((one) => ({ rows: `${files} WHERE ${part} = ${Number(one.part)}`, bytes: Number(one.bytes) }));
}

interface Digest {
  readonly minute: number;
  readonly place: bigint;
  readonly digest: string;
}

async function digestsOf(duck: Duck, { rows }: Part): Promise<Digest[]> {
  const found = await duck.rows(`SELECT timestamp_detected // 60000 AS minute, geographical_location_oid AS place,
      sha256(string_agg(${ROW}, chr(10) ORDER BY ${ORDER})) AS digest
    FROM ${rows} GROUP BY ALL`);
  return found.map(({ minute, place, digest }) => ({
    minute: Number(minute),
    place: place as bigint,
    digest: String(digest),
  }));
}

/** The same, one row after the other. */
async function streamedDigests(duck: Duck, { rows }: Part): Promise<Digest[]> {
  const sorted =
    duck.batches(`SELECT timestamp_detected // 60000 AS minute, geographical_location_oid AS place, ${ROW} AS text
    FROM ${rows} ORDER BY minute, place, ${ORDER}`);
  const open: { minute: number; place: bigint; hash: Hash }[] = [];
  const digests: Digest[] = [];
  const close = (): void => {
    for (const { minute, place, hash } of open.splice(0)) digests.push({ minute, place, digest: hash.digest('hex') });
  };
  for await (const some of sorted) {
    for (const row of some) {
      const [minute, place] = [Number(row.minute), row.place as bigint];
      if (open[0]?.minute === minute && open[0].place === place) open[0].hash.update('\n');
      else {
        close();
        open.push({ minute, place, hash: createHash('sha256') });
      }
      open[0]!.hash.update(String(row.text), 'utf8');
    }
  }
  close();
  return digests;
}
