/**
 * What an analysis publishes, with a Spark that writes given rows: the facts of each epoch and the hours of cameras.
 * The same rows give the same again, wherever it died, and what was erased is not in them.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import { epochNamed } from '../../../../core/domain/epoch.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { FACT_COLUMNS, analysedEpochFile, cameraHoursFile, factsFile } from '../../../../core/layout/footage-facts.ts';
import { settledFile } from '../../../../core/layout/footage.ts';
import { createTable } from '../../../../core/layout/lake-columns.ts';
import { readConfig } from '../../../../core/process/config.ts';
import type { CameraHours } from '../../../../core/stores/footage/camera-hours.ts';
import { openDuck, quoted } from '../../../../core/stores/lake/duckdb.ts';
import type { Analysed } from '../../../../footage/analysis/analyse.ts';
import { analyseEpochs } from '../../../../footage/analysis/analyse.ts';
import { eraseFacts } from '../../../../footage/analysis/erase-facts.ts';
import type { AnalysisPlan } from '../../../../footage/analysis/plan.ts';
import { prune } from '../../../../footage/prune.ts';
import type { HdfsDouble } from '../../../support/hdfs-double.ts';
import { Crash, hdfsDouble } from '../../../support/hdfs-double.ts';

const EPOCH_SECONDS = 1_800;
const HOUR = Date.parse('2024-04-01T10:00:00Z');
const FIRST = epochNamed('2024-04-01T1000', { epochSeconds: EPOCH_SECONDS })!;
const SECOND = (FIRST + 1) as Epoch;
const rules = readConfig({ NODE_ENV: 'test', FOOTAGE_FROZEN_FRAMES: '3', BATCH_MEMORY_MB: '256' });
const folder = mkdtempSync(join(tmpdir(), 'sightline-analyse-'));
after(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly camera: number;
  readonly ms: number;
  readonly hash?: string;
  readonly brightness?: number;
  readonly kind?: string;
  readonly fault?: string;
}

/** Frames of camera 7 that look alike, of camera 8 that do not; a film, and a frame that nobody can decode. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  '2024-04-01T1000': [
    ...[1, 2, 3].map((n) => ({ camera: 7, ms: n, hash: '00000000000000f0' })),
    { camera: 7, ms: 4, hash: '00000000000000f1' },
    { camera: 8, ms: 1, hash: 'ffff000000000000' },
    { camera: 8, ms: 2, kind: 'mp4' },
  ],
  '2024-04-01T1030': [
    { camera: 7, ms: 1_800_001, hash: '00000000000000f0', brightness: 10 },
    { camera: 8, ms: 1_800_001, hash: '000000000000ffff' },
    { camera: 8, ms: 1_800_002, fault: 'undecodable' },
  ],
};

/** As job.py does it. The bytes of an epoch are made once. */
async function sparkDouble(hdfs: HdfsDouble, plan: AnalysisPlan, rows: typeof ROWS): Promise<void> {
  const out = plan.out.slice('hdfs://here/'.length);
  for (const [, epoch] of plan.epochs) {
    const own = rows[epoch] ?? [];
    if (own.length > 0) hdfs.files.set(`${out}/facts/epoch=${epoch}/part-0.parquet`, await parquetOf('facts', own));
  }
  hdfs.files.set(`${out}/seen/part-0.parquet`, await parquetOf(SEEN, []));
}

const SEEN = `SELECT ${HOUR}::BIGINT AS hour_ms, 8::BIGINT AS video_camera_oid, 42::BIGINT AS geographical_location_oid,
  5::BIGINT AS detections`;
const made = new Map<string, Buffer>();

async function parquetOf(source: string, rows: readonly Row[]): Promise<Buffer> {
  const key = source + JSON.stringify(rows);
  const bytes = made.get(key) ?? (await writeParquet(source, rows));
  made.set(key, bytes);
  return bytes;
}

async function writeParquet(source: string, rows: readonly Row[]): Promise<Buffer> {
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  const local = join(folder, 'spark.parquet');
  await duck.run(createTable('facts', FACT_COLUMNS));
  for (const { camera, ms, hash, brightness = 50, kind = 'jpg', fault } of rows) {
    const isDecoded = kind !== 'mp4' && fault === undefined;
    await duck.run(
      `INSERT INTO facts VALUES ($camera, make_timestamptz($us::BIGINT), $ms, $kind, 'sha', 9, 4, 3, $brightness,
         $sharpness, $hash, NULL, NULL, $fault)`,
      {
        ...{ camera: BigInt(camera), us: BigInt(HOUR + ms) * 1_000n, ms: BigInt(ms), kind, fault: fault ?? null },
        ...{ brightness: isDecoded ? brightness : null, sharpness: isDecoded ? 200 : null, hash: hash ?? null },
      },
    );
  }
  await duck.run(`COPY (${source === 'facts' ? 'FROM facts' : source}) TO ${quoted(local)} (FORMAT parquet)`);
  duck.close();
  return readFile(local);
}

function withFootage(): HdfsDouble {
  const hdfs = hdfsDouble();
  const file = { camera: oid(7), takenAtMs: HOUR, detection: null, sha256: '0'.repeat(64), kind: 'jpg' as const };
  hdfs.files.set(settledFile(file), Buffer.from('a frame'));
  return hdfs;
}

function analyse(hdfs: HdfsDouble, epochs: readonly Epoch[] = [FIRST, SECOND], rows = ROWS): Promise<Analysed> {
  return analyseEpochs(
    {
      ...{ hdfs, rules, epochSeconds: EPOCH_SECONDS, lakeRoot: 'hdfs://here', memoryMb: 256, threads: 1 },
      ...{ workFolder: folder, signal: new AbortController().signal, now: () => HOUR + 7_200_000 },
      runSpark: (plan) => sparkDouble(hdfs, plan, rows),
    },
    epochs,
  );
}

const hourIn = (hdfs: HdfsDouble): CameraHours =>
  JSON.parse(hdfs.files.get(cameraHoursFile(HOUR))!.toString()) as CameraHours;
const numbersIn = (hdfs: HdfsDouble): unknown[] =>
  hourIn(hdfs).cameras.map(({ video_camera_oid, frames, films, faults, alike, detections, flags }) => [
    ...[video_camera_oid, frames, films, faults, alike, detections],
    flags,
  ]);
/** All that readers see of an analysis. */
const published = (hdfs: HdfsDouble): [string, string][] =>
  [...hdfs.files]
    .filter(([path]) => path.startsWith('lake/') && !path.endsWith('.parquet'))
    .map(([path, bytes]): [string, string] => [path, bytes.toString()])
    .sort();

test('each epoch has its file, and the hour adds them up', async () => {
  const hdfs = withFootage();
  const { epochs } = await analyse(hdfs);
  assert.deepEqual(
    epochs.map(({ epoch }) => [epoch.epoch, epoch.frames, epoch.films, epoch.faults, epoch.file?.rows]),
    [
      ['2024-04-01T1000', 5, 1, 0, 6],
      ['2024-04-01T1030', 3, 0, 1, 3],
    ],
  );
  assert.deepEqual(numbersIn(hdfs), [
    ['7', 5, 0, 0, 5, 0, ['frozen']],
    ['8', 3, 1, 1, 1, 5, []],
  ]);
  assert.equal(hourIn(hdfs).analysed_to, HOUR + 3_600_000);
  assert.equal(hourIn(hdfs).cameras[0]!.brightness, 42);
  assert.ok([...hdfs.files.keys()].every((path) => !path.includes('_staging')));
});

test('an epoch that is analysed alone leaves its hour open; again it replaces nothing', async () => {
  const hdfs = withFootage();
  await analyse(hdfs, [FIRST]);
  assert.equal(hourIn(hdfs).analysed_to, HOUR + 1_800_000);
  const before = [...hdfs.files.entries()];
  assert.deepEqual(
    (await analyse(hdfs, [FIRST])).epochs.map(({ isSame }) => isSame),
    [true],
  );
  assert.deepEqual([...hdfs.files.entries()], before);
  const more = { '2024-04-01T1000': [...ROWS['2024-04-01T1000']!, { camera: 7, ms: 9 }] };
  assert.deepEqual(
    (await analyse(hdfs, [FIRST], more)).epochs.map(({ isSame, epoch }) => [isSame, epoch.frames]),
    [[false, 6]],
  );
});

test('without footage Spark is not started, and the epoch is analysed all the same', async () => {
  const hdfs = hdfsDouble();
  const { epochs } = await analyse(hdfs, [FIRST], {});
  assert.equal(epochs[0]!.epoch.file, null);
  assert.ok(hdfs.files.has(analysedEpochFile('2024-04-01T1000')));
});

test('an analysis that dies anywhere is made whole by the next one', async () => {
  const whole = withFootage();
  await analyse(whole);
  const expected = published(whole);
  for (let budget = 1; ; budget++) {
    const hdfs = withFootage();
    hdfs.budget = budget;
    const died = await analyse(hdfs).then(
      () => false,
      (fault: unknown) => {
        if (!(fault instanceof Crash)) throw fault;
        return true;
      },
    );
    hdfs.budget = Infinity;
    const counts = (path: string): boolean => hdfs.files.has(path);
    for (const epoch of ['2024-04-01T1000', '2024-04-01T1030'])
      assert.ok(!counts(analysedEpochFile(epoch)) || counts(factsFile(epoch)), `after ${budget} operations`);
    await analyse(hdfs);
    assert.deepEqual(published(hdfs), expected, `after ${budget} operations`);
    if (!died) return;
  }
});

test('facts of erased footage go, the hour is summed up without them, and the counts of detections stay', async () => {
  const hdfs = withFootage();
  await analyse(hdfs);
  const erase = (isDryRun: boolean, fromMs: number, toMs: number) =>
    eraseFacts(
      { hdfs, rules, epochSeconds: isDryRun ? null : EPOCH_SECONDS, scratch: folder },
      { by: 'time', camera: oid(8), fromMs, toMs },
    );
  const before = published(hdfs);
  assert.equal(await erase(true, HOUR, HOUR + 2), 1);
  assert.deepEqual(published(hdfs), before, 'counting changes nothing');
  assert.equal(await erase(false, HOUR, HOUR + 2), 1);
  assert.equal(await erase(false, HOUR, HOUR + 2), 0);
  assert.deepEqual(numbersIn(hdfs)[1], ['8', 2, 1, 1, 1, 5, []]);
  const left = JSON.parse(hdfs.files.get(analysedEpochFile('2024-04-01T1000'))!.toString()) as { frames: number };
  assert.equal(left.frames, 4);
  const all = { hdfs, rules, epochSeconds: EPOCH_SECONDS, scratch: folder };
  assert.equal(await eraseFacts(all, { by: 'detection', detection: oid(3), camera: undefined }), 1);
  await erase(false, 0, Date.parse('9999-01-01'));
  await eraseFacts(all, { by: 'time', camera: oid(7), fromMs: 0, toMs: Date.parse('9999-01-01') });
  assert.ok([...hdfs.files.keys()].every((path) => !path.endsWith('.parquet')));
});

test('pruning takes facts, hours and marks of old days away', async () => {
  const hdfs = withFootage();
  await analyse(hdfs);
  await prune(hdfs, { before: '2024-04-01' });
  assert.ok(hdfs.files.has(factsFile('2024-04-01T1000')));
  await prune(hdfs, { before: '2024-04-02' });
  assert.deepEqual([...hdfs.files.keys()], []);
});
