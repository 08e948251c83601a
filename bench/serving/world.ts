/**
 * A day of detections in the real stores, for bench/serving: 24 published epochs of an hour, and a worker that counts
 * the current one.
 *
 * The published day is made by SQL, goes to the lake as files of the batch layer's columns and to the batch view
 * through the batch layer's own writer; then the horizon moves. The current hour is real traffic through a real speed
 * worker. Every place is seen in every minute, so 700 places make a million different (place, minute).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { BenchWorld } from '../support/world.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { detectionsFile } from '../../core/layout/lake.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { writeView } from '../../batch-layer/view/batch-view.ts';
import { openBench } from '../batch/open.ts';
import { publishSteadily } from '../support/traffic.ts';

export const PLACES = 700;
export const ITEMS = 100_000;
const HOURS = 24;
const LENGTH = { epochSeconds: 3_600 };
const SLICE_MS = 20;

/** The day before the current hour. */
export interface LoadedDay {
  readonly from: number;
  readonly to: number;
  /** One Parquet file an hour, local copies of the lake's. */
  readonly files: readonly string[];
}

/** As the first process would, but for a log that began a day ago. */
export async function recordRules(config: Config, firstHour: number): Promise<void> {
  const admin = logAdmin(config);
  const store = openRowStore(config);
  const { topicId, partitionCount } = (await admin.facts())!;
  const firstOffsets = new Array<number>(partitionCount).fill(0);
  const rules = {
    generation: 1,
    logLife: 1,
    ...LENGTH,
    dedupWindowDays: 2,
    clockAheadDays: 1,
    partitionCount,
    firstEpoch: firstHour,
    firstOffsets,
    topicId,
  };
  await store.control.recordRules(rules);
  await Promise.all([admin.close(), store.close()]);
}

export async function loadDay(world: BenchWorld, detections: number, { withView = true } = {}): Promise<LoadedDay> {
  const endHour = Math.floor(Date.now() / HOUR_MS);
  const firstHour = endHour - HOURS;
  await recordRules(world.config, firstHour);
  const folder = join(world.config.SIGHTLINE_HOME, 'day');
  await mkdir(folder, { recursive: true });
  const duck = await openDuck({ memoryMb: 1_024, threads: 2, spillFolder: join(folder, 'spill') });
  const batch = await openBench(world.config);
  const files: string[] = [];
  try {
    for (let hour = firstHour; hour < endHour; hour++) {
      const file = await publishHour(batch.context, { duck, folder }, hour, Math.ceil(detections / HOURS));
      if (withView) await writeView(batch.context, duck, hour as Epoch, `read_parquet(${quoted(file)})`);
      files.push(file);
    }
    const partitions = batch.context.rules.firstOffsets;
    const arrivals = partitions.map(() => (endHour * HOUR_MS) as Instant);
    await batch.context.control.moveHorizon(1, null, {
      epoch: (endHour - 1) as Epoch,
      cuts: partitions.map(() => 0),
      arrivals,
      publishedAt: Date.now() as Instant,
    });
  } finally {
    duck.close();
    await batch.close();
  }
  return { from: firstHour * HOUR_MS, to: endHour * HOUR_MS, files };
}

type Context = Awaited<ReturnType<typeof openBench>>['context'];

async function publishHour(
  context: Context,
  { duck, folder }: { readonly duck: Duck; readonly folder: string },
  hour: number,
  detections: number,
): Promise<string> {
  const start = hour * HOUR_MS;
  const file = join(folder, `${hour}.parquet`);
  await duck.run(`COPY (SELECT ${namesOf(DETECTION_COLUMNS)} FROM (${rowsOf(start, detections)}) ORDER BY geographical_location_oid, timestamp_detected)
    TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)`);
  const iso = new Date(start).toISOString();
  const path = detectionsFile({
    date: iso.slice(0, 10),
    hour: Number(iso.slice(11, 13)),
    epoch: nameOf(hour as Epoch, LENGTH),
    n: 0,
  });
  await context.hdfs.upload(file, path);
  return file;
}

/** Items are skewed: the square of an even number, as in bench/support/traffic.ts. */
function rowsOf(start: number, detections: number): string {
  return `
    WITH made AS (
      SELECT range AS n, hash(range, ${start}) AS h, CAST(${start} + floor(range * ${HOUR_MS}.0 / ${detections}) AS BIGINT) AS t FROM range(${detections})
    )
    SELECT CAST(1 + n % ${PLACES} AS BIGINT) AS geographical_location_oid, CAST(n % 7000 AS BIGINT) AS video_camera_oid,
      CAST(${start}::BIGINT * 1000 + n AS BIGINT) AS detection_oid, 'item ' || CAST(floor(${ITEMS} * power(h / 18446744073709551616.0, 2)) AS BIGINT) AS item_name,
      t AS timestamp_detected, 'Place ' || (1 + n % ${PLACES}) AS geographical_location, make_timestamptz(t * 1000) AS detected_at,
      make_timestamptz((t + 300) * 1000) AS arrived_at, CAST(n % 12 AS INTEGER) AS kafka_partition, n // 12 AS kafka_offset
    FROM made`;
}

export interface LiveTraffic {
  readonly worker: ChildProcess;
  stop(): Promise<void>;
}

/** The current hour: records at a steady rate, counted by a speed worker. */
export function startTraffic({ config, environment }: BenchWorld, ratePerSecond: number): LiveTraffic {
  const worker = spawn(process.execPath, ['--max-semi-space-size=64', 'sightline.mjs', 'speed'], {
    env: environment,
    stdio: 'inherit',
  });
  const over = new AbortController();
  const publishing = publishSteadily(
    config,
    { copies: 0.1, places: PLACES, items: ITEMS, ratePerSecond },
    SLICE_MS,
    over.signal,
  );
  return {
    worker,
    async stop() {
      over.abort();
      await publishing;
      worker.kill('SIGTERM');
      await new Promise((resolve) => worker.once('exit', resolve));
    },
  };
}
