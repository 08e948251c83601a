/**
 * Finds one detection in the lake's files of a day, with DuckDB: for ids whose row in HBase is gone.
 *
 * Files of the day are fetched one at a time, looked through and removed, newest epoch first; only published ones count, as an
 * epoch is complete when its manifest is there. It costs what the day weighs, so only one look-up runs at a time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../core/domain/oid.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { Duck, Row } from '../core/stores/duckdb.ts';
import type { FindInLake, LakeRow } from './questions/detection.ts';
import { oid } from '../core/domain/oid.ts';
import { instant } from '../core/domain/time.ts';
import { LAKE } from '../core/layout/lake.ts';
import { openDuck, parquet } from '../core/stores/duckdb.ts';
import { listRuns } from '../core/stores/runs.ts';

export const LOOK_UP_MEMORY_MB = 256;
/** The columns that lakeRow takes. */
export const LAKE_ROW = `detection_oid, geographical_location_oid, geographical_location, video_camera_oid, item_name,
       timestamp_detected, epoch_ms(arrived_at) AS arrived_at, kafka_partition, kafka_offset`;

export function lakeLookup(hdfs: Hdfs): { find: FindInLake } {
  let before: Promise<unknown> = Promise.resolve();
  return {
    find(id, date) {
      const found = before.then(() => lookUp(hdfs, id, date));
      before = found.catch(() => undefined);
      return found;
    },
  };
}

async function lookUp(hdfs: Hdfs, id: Oid, date: string): Promise<LakeRow | null> {
  const published = new Set(await listRuns(hdfs));
  const files = (await hdfs.walk(`${LAKE}/detections/dt=${date}`)).filter(({ path }) => published.has(epochOfFile(path)));
  if (files.length === 0) return null;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lookup-'));
  const duck = await openDuck({ memoryMb: LOOK_UP_MEMORY_MB, threads: 1, spillFolder: folder });
  try {
    for (const [index, { path }] of files.reverse().entries()) {
      // A name of its own: DuckDB keeps what it knows of a file by its path and its time in seconds.
      const local = join(folder, `${index}.parquet`);
      await hdfs.download(path, local);
      const row = await rowIn(duck, local, id);
      await rm(local);
      if (row) return row;
    }
    return null;
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `…/<epoch>-<n>.parquet` */
export function epochOfFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/-\d+\.parquet$/, '');
}

async function rowIn(duck: Duck, local: string, id: Oid): Promise<LakeRow | null> {
  const [row] = await duck.rows(
    `SELECT ${LAKE_ROW}
     FROM ${parquet([local])} WHERE detection_oid = ${BigInt(id)}`,
  );
  return row ? lakeRow(row) : null;
}

export function lakeRow(row: Row): LakeRow {
  const name = row.geographical_location ?? null;
  return {
    met: {
      partition: Number(row.kafka_partition),
      offset: Number(row.kafka_offset),
      arrival: instant(Number(row.arrived_at)),
      detection: {
        id: oid(String(row.detection_oid)),
        location: oid(String(row.geographical_location_oid)),
        camera: oid(String(row.video_camera_oid)),
        item: String(row.item_name),
        detectedAt: instant(Number(row.timestamp_detected)),
      },
    },
    placeName: name === null ? null : String(name),
  };
}
