/**
 * The rows hash of an hour keeps within the memory that it may use, however its rows are spread over places and
 * minutes, and each way of computing it gives the same.
 *
 * 24,000 groups of some twenty rows are what an hour of 400 places has at 130 detections a second.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Duck } from '../../../../core/stores/lake/duckdb.ts';
import { openDuck, quoted } from '../../../../core/stores/lake/duckdb.ts';
import { hashLimitsFor, rowsHash } from '../../../../batch-layer/lake/rows-hash.ts';

const MEMORY_MB = 512;
const HOUR_MS = 3_600_000;
const HOUR = 490_000 * HOUR_MS;

let folder: string;
let duck: Duck;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-hash-'));
  duck = await openDuck({ memoryMb: MEMORY_MB, threads: 2, spillFolder: join(folder, 'spill') });
});
after(async () => {
  duck.close();
  await rm(folder, { recursive: true, force: true });
});

/** An hour of detections, spread evenly, written as two files. */
async function hourOf(rows: number, places: number) {
  const half = rows / 2;
  const files = [];
  for (const first of [0, half]) {
    const localFile = join(folder, `${places}-${first}.parquet`);
    const at = `${HOUR} + i * ${HOUR_MS} // ${rows}`;
    await duck.run(`COPY (SELECT (1 + i * 7919 % ${places})::BIGINT AS geographical_location_oid,
        (i % 4000)::BIGINT AS video_camera_oid, (9007199254740993 + i)::BIGINT AS detection_oid,
        ['bicycle', 'café', 'van, "white"'][1 + i % 3] AS item_name, (${at})::BIGINT AS timestamp_detected,
        CASE WHEN i % 5 > 0 THEN 'Place ' || i % 5 END AS geographical_location,
        make_timestamptz((${at} + 300) * 1000) AS arrived_at, (i % 12)::INTEGER AS kafka_partition,
        i::BIGINT AS kafka_offset FROM range(${first}, ${first + half}) r(i)) TO ${quoted(localFile)} (FORMAT parquet)`);
    files.push({ path: `lake/detections/dt=1/hour=1/${first}.parquet`, localFile, rows: half });
  }
  return files;
}

for (const [what, rows, places] of [
  ['many small groups', 480_000, 400],
  ['few large groups', 120_000, 3],
] as const) {
  test(`${what} are hashed in ${MEMORY_MB} MB, in parts and row by row with the same end`, async () => {
    const files = await hourOf(rows, places);
    const hash = await rowsHash(duck, files, hashLimitsFor(MEMORY_MB));
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal(await rowsHash(duck, [...files].reverse(), { rows: rows / 5, bytes: 1e9 }), hash, 'in parts');
    assert.equal(await rowsHash(duck, files, { rows: 1e9, bytes: -1 }), hash, 'row by row');
    assert.notEqual(await rowsHash(duck, files, hashLimitsFor(MEMORY_MB), 'kafka_offset <> 17'), hash);
  });
}
