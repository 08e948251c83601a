/**
 * Whether a lake holds exactly what sized-records.ts sent: every raw record byte for byte, every detection once, with
 * its name.
 *
 * Files are fetched one at a time and read row by row, and each row is compared with the record that its id stands for.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Row } from '../../core/stores/lake/duckdb.ts';
import type { SizedPlan } from './sized-records.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { numberOf, sizedRecord } from './sized-records.ts';

export interface SizedLake {
  readonly rawFiles: number;
  readonly rawRecords: number;
  readonly rawBytes: number;
  readonly detections: number;
  /** Largest row group of the detections files, by uncompressed bytes of its names. */
  readonly largestGroup: number;
}

/** Throws at the first row that is not what was sent. */
export async function checkLake(hdfs: Hdfs, plan: SizedPlan): Promise<SizedLake> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-sized-'));
  try {
    const seen = new Uint8Array(plan.records);
    const raw = await hdfs.walk('lake/raw');
    let rawRecords = 0;
    for (const { path } of raw)
      rawRecords += await eachRow(hdfs, path, folder, 'key, value, headers, verdict', (row) =>
        checkRaw(row, plan, seen),
      );
    for (let n = 0; n < plan.records; n++) {
      const expected = sizedRecord(n, { ...plan, bytes: 300 }).isSentTwice ? 2 : 1;
      if (seen[n] !== expected) throw new Error(`record ${n} was sent ${expected} times and archived ${seen[n]} times`);
    }
    const published = new Uint8Array(plan.records);
    let detections = 0;
    let largestGroup = 0;
    for (const { path } of await hdfs.walk('lake/detections')) {
      detections += await eachRow(
        hdfs,
        path,
        folder,
        '*',
        (row) => checkDetection(row, plan, published),
        (bytes) => {
          largestGroup = Math.max(largestGroup, bytes);
        },
      );
    }
    const missing = published.findIndex((count, n) => count !== (n % 4 === 3 ? 0 : 1));
    if (missing >= 0) throw new Error(`detection ${missing} is published ${published[missing]} times`);
    return {
      rawFiles: raw.length,
      rawRecords,
      rawBytes: raw.reduce((sum, { bytes }) => sum + bytes, 0),
      detections,
      largestGroup,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let fetched = 0;

async function eachRow(
  hdfs: Hdfs,
  path: string,
  folder: string,
  columns: string,
  check: (row: Row) => void,
  group: (bytes: number) => void = () => undefined,
): Promise<number> {
  const file = join(folder, `${fetched++}.parquet`);
  await hdfs.download(path, file);
  const duck = await openDuck({ memoryMb: 512, threads: 1, spillFolder: join(folder, 'spill') });
  let rows = 0;
  try {
    for await (const some of duck.batches(
      `SELECT ${columns} FROM read_parquet(${quoted(file)}, hive_partitioning = false)`,
    )) {
      some.forEach(check);
      rows += some.length;
    }
    const [largest] = await duck.rows(
      `SELECT MAX(total_uncompressed_size) AS bytes FROM parquet_metadata(${quoted(file)}) WHERE path_in_schema = 'item_name'`,
    );
    group(Number(largest!.bytes ?? 0));
  } finally {
    duck.close();
    await rm(file);
  }
  return rows;
}

/** Ticks have no key; everything else was sent by us. */
function checkRaw({ key, value, headers, verdict }: Row, plan: SizedPlan, seen: Uint8Array): void {
  if (verdict === 'tick') return;
  const n = numberOf((key as Buffer).toString());
  const expected = sizedRecord(n, plan);
  const found = ((headers ?? []) as readonly { name: string; value: Buffer }[]).map((header) => ({
    [header.name]: header.value.toString(),
  }));
  if (!expected.value.equals(value as Buffer)) throw new Error(`raw record ${n} has other bytes than were sent`);
  if (JSON.stringify(found) !== JSON.stringify(expected.headers))
    throw new Error(`raw record ${n} has other headers than were sent`);
  if (verdict !== (expected.detection ? 'detection' : 'dead_letter'))
    throw new Error(`raw record ${n} is told to be a ${String(verdict)}`);
  seen[n]!++;
}

function checkDetection(row: Row, plan: SizedPlan, published: Uint8Array): void {
  const n = numberOf(String(row.detection_oid));
  const { detection } = sizedRecord(n, plan);
  const found = [row.geographical_location_oid, row.item_name, row.timestamp_detected].map(String);
  if (
    !detection ||
    JSON.stringify(found) !== JSON.stringify([detection.place, detection.item, detection.detectedAt].map(String))
  ) {
    throw new Error(`detection ${n} is published as ${JSON.stringify(found).slice(0, 200)}`);
  }
  published[n]!++;
}
