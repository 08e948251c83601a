/**
 * The files of detections: one hour each, sorted, cut at a number of rows, and every row in one of them, however sorts
 * are cut.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Rules } from '../../../../core/domain/rules.ts';
import type { Duck, Row } from '../../../../core/stores/lake/duckdb.ts';
import type { LocalFile } from '../../../../batch-layer/model.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { HOUR_MS } from '../../../../core/domain/time.ts';
import { openDuck, quoted } from '../../../../core/stores/lake/duckdb.ts';
import { detectionsFiles, sortGroups } from '../../../../batch-layer/lake/detections-files.ts';
import { createOutputs, loadLocations } from '../../../../batch-layer/reconcile/duckdb/reconcile.ts';
import { fileWriter } from '../../../../batch-layer/lake/write-file.ts';

const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 1 },
  ...{ firstEpoch: 20_000, firstOffsets: [0] },
};
const ROWS = 9_000;
const HOURS = 5;
const FIRST_HOUR = 480_000;

let folder: string;
let duck: Duck;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-detections-'));
  duck = await openDuck({ memoryMb: 256, threads: 2, spillFolder: join(folder, 'spill') });
  await loadLocations(duck, [{ oid: oid(0), name: 'Station' }]);
  await createOutputs(duck, RULES);
  // Hours and places come in no order; one row in three was met and is not published.
  await duck.run(`INSERT INTO met SELECT range AS detection_oid, ${FIRST_HOUR * HOUR_MS} AS arrival, 0, range, hash(range) % 7, 1, 'car',
    ${FIRST_HOUR * HOUR_MS} + CAST(hash(range + 1) % ${HOURS * HOUR_MS} AS BIGINT), range % 3 <> 0 FROM range(${ROWS})`);
});
after(async () => {
  duck.close();
  await rm(folder, { recursive: true, force: true });
});

async function written(sortRows: number, rowsPerFile: number): Promise<{ files: LocalFile[]; rows: Row[] }> {
  const options = {
    folder: join(folder, `${sortRows}-${rowsPerFile}`),
    epoch: '2024-10-04',
    archive: { partitions: [], files: [], uncutPartitions: [], heldPartitions: [] },
  };
  const files: LocalFile[] = [];
  const rows: Row[] = [];
  for await (const file of detectionsFiles(duck, fileWriter(duck, options), { ...options, sortRows, rowsPerFile })) {
    files.push(file);
    rows.push(
      ...(await duck.rows(`SELECT detection_oid, geographical_location_oid AS place, timestamp_detected AS t, geographical_location
      FROM read_parquet(${quoted(file.localFile)}, file_row_number = true) ORDER BY file_row_number`)),
    );
  }
  return { files, rows };
}

for (const [sorts, sortRows] of [
  ['one sort', 1e6],
  ['some hours a sort', 3_000],
  ['one hour a sort', 1],
] as const) {
  test(`every published row is in the file of its hour, by place and time, with ${sorts}`, async () => {
    const { files, rows } = await written(sortRows, 1e6);
    const expected =
      await duck.rows(`SELECT detection_oid, geographical_location_oid AS place, timestamp_detected AS t, geographical_location FROM detections
      ORDER BY timestamp_detected // ${HOUR_MS}, place, t, detection_oid`);
    assert.deepEqual(rows, expected);
    assert.equal(rows.length, (ROWS * 2) / 3);
    assert.deepEqual(
      files.map(({ path }) => path),
      Array.from({ length: HOURS }, (_, n) => `lake/detections/dt=2024-10-04/hour=0${n}/2024-10-04-0.parquet`),
    );
  });
}

test('a large hour is cut into files of equal size, in order', async () => {
  const whole = await written(1e6, 1e6);
  const { files, rows } = await written(3_000, 500);
  assert.deepEqual(rows, whole.rows);
  assert.ok(files.every((file) => file.rows <= 500));
  assert.equal(files.filter(({ path }) => path.includes('hour=00')).length, Math.ceil(whole.files[0]!.rows / 500));
  assert.ok(files[1]!.path.endsWith('hour=00/2024-10-04-1.parquet'));
});

test('as many hours as fit are sorted together, and a large hour alone', () => {
  const hours = [3, 4, 20, 1, 1, 9].map((rows, hour) => ({ hour, rows }));
  assert.deepEqual(
    sortGroups(hours, 10).map((some) => some.map(({ hour }) => hour)),
    [[0, 1], [2], [3, 4], [5]],
  );
  assert.deepEqual(sortGroups([], 10), []);
});
