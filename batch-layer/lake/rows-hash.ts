/**
 * One hash over the rows of an epoch, and the chain that it continues: two lakes whose chains end with the same hash
 * hold the same rows.
 *
 * run.ts computes it from the published files. Rows are sorted and written as text, so the hash depends on the rows
 * alone, not on the engine, the number of files or their order. Each minute of detection and place has a digest, and
 * the hash is over these digests, so memory holds a part of an hour at a time. DuckDB computes them in the way whose
 * memory is bounded for the sizes of the groups. If a part is too large for memory, DuckDB sorts it, spills to disk,
 * and its rows are hashed one by one: the same digests, but slower. docs/data.md says how to compute the hash without
 * this program.
 */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import { shareOf, sortBytesFor, textBytes } from './sizes.ts';

export interface HashedFile {
  /** Path in the lake; files of one date and hour lie in one folder. */
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

interface HashLimits {
  readonly rows: number;
  /** Bytes of long texts. */
  readonly bytes: number;
}

/** More would not be quicker. */
const ROWS_AT_ONCE = 3_000_000;
/** A row takes some 200 bytes: a third of the memory, since other relations of a run are there too. */
const ROWS_OF_A_MB = 1_500;

export function hashLimitsFor(memoryMb: number): HashLimits {
  return { rows: Math.min(ROWS_AT_ONCE, memoryMb * ROWS_OF_A_MB), bytes: sortBytesFor(memoryMb) };
}

/** If the place has no name, that part is left out; the length says where the item's name ends. */
const ROW = `concat_ws('|', geographical_location_oid, video_camera_oid, detection_oid, timestamp_detected,
  epoch_ms(arrived_at), kafka_partition, kafka_offset, length(item_name), item_name, geographical_location)`;
const ORDER = 'timestamp_detected, detection_oid, kafka_partition, kafka_offset';

/** Returns the SHA-256, hexadecimal, of the detections in these files; `where`: an SQL condition on their rows. */
export async function rowsHash(
  duck: Duck,
  files: readonly HashedFile[],
  limits: HashLimits,
  where = 'TRUE',
): Promise<string> {
  const hash = createHash('sha256');
  for (const ofHour of byFolder(files)) {
    const digests: Digest[] = [];
    for (const part of await partsOf(duck, ofHour, limits, where)) {
      digests.push(...(part.bytes > limits.bytes ? await streamDigests(duck, part) : await digestsOf(duck, part)));
    }
    digests.sort((a, b) => a.minute - b.minute || (a.place < b.place ? -1 : 1));
    for (const { minute, place, digest } of digests) hash.update(`${minute} ${place} ${digest}\n`);
  }
  return hash.digest('hex');
}

/** Returns the chain hash of an epoch; `previous` is that of the epoch before, or null. */
export function chainHash(previous: string | null, epoch: string, rowsSha256: string): string {
  return createHash('sha256')
    .update(`${previous ?? ''} ${epoch} ${rowsSha256}`)
    .digest('hex');
}

/** Groups files by folder, in the order of date and hour. */
function byFolder(files: readonly HashedFile[]): HashedFile[][] {
  const folders = new Map<string, HashedFile[]>();
  for (const file of files) {
    const folder = file.path.slice(0, file.path.lastIndexOf('/'));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ofHour]) => ofHour);
}

/** The rows of some places in one hour. */
interface Part {
  /** What follows FROM in an SQL query for these rows. */
  readonly rows: string;
  /** Bytes of long texts. */
  readonly bytes: number;
  /** Rows of a minute and place, on average. */
  readonly groupRows: number;
}

const MINUTE = 'timestamp_detected // 60000';
const PLACE = 'geographical_location_oid';

async function partsOf(duck: Duck, ofHour: readonly HashedFile[], limits: HashLimits, where: string): Promise<Part[]> {
  const files = `(SELECT * FROM ${parquet(ofHour.map(({ localFile }) => localFile))} WHERE ${where})`;
  const weigh = `CAST(SUM(${textBytes(['item_name'])}) AS DOUBLE) AS bytes,
    COUNT(*) / greatest(1, approx_count_distinct((${MINUTE}, ${PLACE}))) AS group_rows`;
  const [all] = await duck.rows(`SELECT ${weigh} FROM ${files}`);
  const rows = ofHour.reduce((sum, file) => sum + file.rows, 0);
  const bytes = Number(all!.bytes ?? 0);
  const parts = Math.max(1, Math.ceil(shareOf({ rows, bytes }, limits)));
  const part = `abs(${PLACE} % 1000003) % ${parts}`;
  const weights =
    parts === 1
      ? [{ ...all, part: 0 }]
      : await duck.rows(`SELECT ${part} AS part, ${weigh} FROM ${files} GROUP BY part ORDER BY part`);
  return weights.map((one) => ({
    rows: `${files} WHERE ${part} = ${Number(one.part)}`,
    bytes: Number(one.bytes ?? 0),
    groupRows: Number(one.group_rows),
  }));
}

interface Digest {
  readonly minute: number;
  readonly place: bigint;
  readonly digest: string;
}

/**
 * To aggregate in an order, DuckDB takes room for 2,048 rows as soon as a group has 17: two gigabytes for an hour of
 * 400 places. Lists take what they hold, but 2,048 of them are sorted at once, however long they are.
 */
const LONGEST_LISTS = 500;

async function digestsOf(duck: Duck, { rows, groupRows }: Part): Promise<Digest[]> {
  const key = ORDER.split(', ')
    .map((column) => `${column} := ${column}`)
    .join(', ');
  const digests = await duck.rows(
    groupRows > LONGEST_LISTS
      ? `SELECT ${MINUTE} AS minute, ${PLACE} AS place,
          sha256(string_agg(${ROW}, chr(10) ORDER BY ${ORDER})) AS digest FROM ${rows} GROUP BY ALL`
      : `SELECT minute, place,
          sha256(array_to_string(list_transform(list_sort(of_group), lambda one: one.text), chr(10))) AS digest
        FROM (SELECT ${MINUTE} AS minute, ${PLACE} AS place, list(struct_pack(${key}, text := ${ROW})) AS of_group
          FROM ${rows} GROUP BY ALL)`,
  );
  return digests.map(({ minute, place, digest }) => ({
    minute: Number(minute),
    place: place as bigint,
    digest: String(digest),
  }));
}

/** The same digests from rows that DuckDB has sorted, one after the other. */
async function streamDigests(duck: Duck, { rows }: Part): Promise<Digest[]> {
  const sorted = duck.batches(`SELECT ${MINUTE} AS minute, ${PLACE} AS place, ${ROW} AS text
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
