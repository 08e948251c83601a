/**
 * Rows of published epochs from the lake's files, one file at a time.
 *
 * rows.ts names the epochs. Each file is downloaded from HDFS, read with DuckDB in batches and deleted, so that memory
 * and disk hold one file however long the window is. A compacted file holds rows of several epochs: an arrival tells
 * the epoch of each row. A place gets the name that dataset B
 * has now, and the name in the file only if B has lost it, as in every other answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { TimeWindow } from '../counts/window.ts';
import type { ExportRow } from './row.ts';
import { endOf, epochNamed, startOf } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import { isChangedFile, LAKE } from '../../core/layout/lake.ts';
import type { DayFile, DayFiles } from '../../core/stores/lake/day-files.ts';
import { dayFiles } from '../../core/stores/lake/day-files.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';

export interface LakeQuestion {
  readonly window: TimeWindow;
  readonly location: Scope;
  readonly rules: Rules;
  readonly places: PlaceNames;
  /** Both included. */
  readonly epochs: { readonly from: number; readonly to: Epoch };
  readonly limits?: ReadLimits | undefined;
}

export type LakeRows = (question: LakeQuestion) => AsyncGenerator<ExportRow[]>;

const MEMORY_MB = 256;
const FILE = /\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/([^/]+)-\d+\.parquet$/;

export function lakeRows(hdfs: Hdfs): LakeRows {
  const inForce = dayFiles(hdfs);
  return async function* rowsOf(question) {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-export-'));
    let duck: Duck | null = null;
    let fetched = 0;
    try {
      for (let day = Math.floor(question.window.from / DAY_MS) * DAY_MS; day < question.window.to; day += DAY_MS) {
        for (const file of await filesOf(inForce, dateOf(day), question)) {
          // Each download gets a new name: DuckDB caches metadata by path and modification time in seconds.
          const local = join(folder, `${fetched++}.parquet`);
          await inForce.download(file, local, question.limits);
          duck ??= await openDuck({ memoryMb: MEMORY_MB, threads: 1, spillFolder: folder });
          for await (const rows of duck.batches(selectFrom(local, question), question.limits))
            yield rows.map((row) => exportRow(row, question.places));
          await rm(local);
        }
      }
    } finally {
      duck?.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function filesOf(
  inForce: DayFiles,
  date: string,
  { window, epochs, rules, limits }: LakeQuestion,
): Promise<DayFile[]> {
  const files = await inForce.below(`${LAKE}/detections/dt=${date}`, limits);
  return files.filter(({ path }) => {
    const [, dt, hh, name] = FILE.exec(path) ?? [];
    const newest = name === undefined ? null : epochNamed(name, rules);
    if (newest === null || newest < epochs.from || (newest > epochs.to && !isChangedFile(path))) return false;
    const startMs = Date.parse(`${dt}T${hh}:00:00Z`);
    return startMs < window.to && startMs + HOUR_MS > window.from;
  });
}

function selectFrom(local: string, { window, location, epochs, rules }: LakeQuestion): string {
  const conditions = [
    `timestamp_detected >= ${window.from}`,
    `timestamp_detected < ${window.to}`,
    `epoch_ms(arrived_at) < ${endOf(epochs.to, rules)}`,
    // The first epoch has what arrived before it too.
    ...(epochs.from <= rules.firstEpoch ? [] : [`epoch_ms(arrived_at) >= ${startOf(epochs.from as Epoch, rules)}`]),
    ...(location === 'all' ? [] : [`geographical_location_oid = ${BigInt(location)}`]),
  ];
  return `SELECT geographical_location_oid, video_camera_oid, detection_oid, item_name, timestamp_detected,
      geographical_location, epoch_ms(arrived_at) AS arrived_at, kafka_partition, kafka_offset
    FROM ${parquet([local])} WHERE ${conditions.join(' AND ')}`;
}

function exportRow(row: Row, { nameOf }: PlaceNames): ExportRow {
  const place = oid(row.geographical_location_oid as bigint);
  const name = nameOf.get(place) ?? row.geographical_location ?? null;
  const detectedAt = Number(row.timestamp_detected);
  return {
    geographical_location_oid: place,
    video_camera_oid: row.video_camera_oid as bigint,
    detection_oid: row.detection_oid as bigint,
    item_name: String(row.item_name),
    timestamp_detected: detectedAt,
    geographical_location: name === null ? null : String(name),
    detected_at: detectedAt,
    arrived_at: Number(row.arrived_at),
    kafka_partition: Number(row.kafka_partition),
    kafka_offset: Number(row.kafka_offset),
  };
}
