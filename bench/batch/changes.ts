/**
 * What compacting and forgetting cost: a lake of ten million rows in twelve epochs an hour, on HDFS.
 *
 *   WEBHDFS_URL=… node --import tsx bench/batch/changes.ts [rows in millions]
 *
 * DuckDB makes the files of an hour of five-minute epochs (detections, raw, first-met), and manifests with the hash of
 * their rows. Then the hour is compacted, one camera of a hundred is forgotten, and each epoch's rows are hashed again.
 * Control rows and HBase's views are in memory: this is about files. The lake is removed at the end.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { PublishedFile, RunReport } from '../../core/stores/lake/runs.ts';
import type { CountedWorld } from '../../test/support/counted-world.ts';
import type { BatchContext } from '../../batch-layer/context.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { endOf, nameOf, startOf } from '../../core/domain/epoch.ts';
import { sha256Of } from '../../core/process/file-hash.ts';
import { detectionsFile, manifestFile, metFile, rawFile } from '../../core/layout/lake.ts';
import { readConfig } from '../../core/process/config.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { compact } from '../../batch-layer/changes/compact.ts';
import { forget, planForgetting } from '../../batch-layer/changes/forget.ts';
import { rowsOfEpoch } from '../../batch-layer/lake/epoch-rows.ts';
import { hashLimitsFor, rowsHash } from '../../batch-layer/lake/rows-hash.ts';
import { metadataOf } from '../../batch-layer/lake/file-metadata.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { contextOf, worldOf } from '../../test/support/batch-doubles.ts';
import { countedReport } from '../../test/support/counted-report.ts';

const EPOCHS = 12;
const EPOCH_MS = 300_000;
const MEMORY_MB = 1_024;
const CAMERAS = 100;
const rows = Number(process.argv[2] ?? 10) * 1_000_000;
const perEpoch = Math.ceil(rows / EPOCHS);
/** Yesterday at noon. */
const START = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 43_200_000;
const FIRST = (START / EPOCH_MS) as Epoch;
/** More epochs follow without rows, so that the hour is closed. */
const LAST = (FIRST + 2 * EPOCHS) as Epoch;
const rules: RecordedRules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 300, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 1 },
  ...{ firstEpoch: FIRST, firstOffsets: [0], topicId: 't' },
};

const folder = await mkdtemp(join(tmpdir(), 'sightline-changes-'));
const config = { ...readConfig(), SIGHTLINE_ROOT: `/sightline/bench_${randomBytes(4).toString('hex')}` };
const files = hdfs(config);
const duck = await openDuck({ memoryMb: MEMORY_MB, threads: 2, spillFolder: join(folder, 'spill') });
const world = worldOf(rules);
world.horizon = { epoch: LAST, cuts: [rows], arrivals: [0 as Instant], publishedAt: 0 as Instant };
const own = contextOf(world, folder);
const context: BatchContext = { ...own, hdfs: files, settings: { ...own.settings, memoryMb: MEMORY_MB, threads: 2 } };

const said = (text: string): boolean => process.stdout.write(`${text}\n`);
const seconds = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  said(`${what}: ${((performance.now() - began) / 1e3).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`);
  return result;
};

async function put(path: string, select: string, epoch: Epoch): Promise<PublishedFile> {
  const local = join(folder, 'made', path);
  await mkdir(dirname(local), { recursive: true });
  const metadata = metadataOf(nameOf(epoch, rules), []);
  await duck.run(`COPY (${select}) TO ${quoted(local)}
    (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, KV_METADATA ${metadata})`);
  const [count] = await duck.rows(`SELECT COUNT(*) AS n FROM ${quoted(local)}`);
  const file = { path, bytes: (await stat(local)).size, sha256: await sha256Of(local), rows: Number(count!.n) };
  await files.upload(local, path);
  return file;
}

async function makeEpoch(table: Duck, epoch: Epoch, previous: RunReport | null): Promise<RunReport> {
  const [from, n] = [startOf(epoch, rules), epoch < FIRST + EPOCHS ? perEpoch : 0];
  const first = (epoch - FIRST) * perEpoch;
  await table.run(`CREATE OR REPLACE TABLE made AS SELECT i + ${first} AS kafka_offset,
    ${from} + i * ${EPOCH_MS} // ${perEpoch} AS arrival, hash(i + ${first}) >> 1 AS detection_oid,
    (hash(i) % ${CAMERAS})::BIGINT AS camera, ['bicycle', 'van', 'dog', 'bus'][1 + i % 4] AS item
    FROM range(${n}) r(i)`);
  const name = nameOf(epoch, rules);
  const five = `(camera // 4)::BIGINT AS geographical_location_oid, camera AS video_camera_oid,
    detection_oid::BIGINT AS detection_oid, item AS item_name, (arrival - 200)::BIGINT AS timestamp_detected`;
  const where = `0::INTEGER AS kafka_partition, kafka_offset::BIGINT AS kafka_offset`;
  const made: PublishedFile[] = [
    await put(
      metFile(name),
      `SELECT detection_oid::BIGINT AS detection_oid, arrival::BIGINT AS arrival, ${where},
        ${five.replace('detection_oid::BIGINT AS detection_oid, ', '')}, TRUE AS is_published FROM made`,
      epoch,
    ),
  ];
  if (n > 0) {
    const value = `encode('{"geographical_location_oid":' || camera // 4 || ',"video_camera_oid":' || camera ||
      ',"detection_oid":' || detection_oid || ',"item_name":"' || item || '","timestamp_detected":' || arrival - 200 || '}')`;
    made.push(
      await put(
        rawFile({ epoch: name, logLife: 1, partition: 0, first, last: first + n - 1 }),
        `SELECT ${where}, arrival::BIGINT AS stamp, arrival::BIGINT AS arrival,
          encode(detection_oid::VARCHAR) AS key, ${value} AS value,
          NULL::STRUCT(name VARCHAR, value BLOB)[] AS headers, 'detection' AS verdict, NULL::VARCHAR AS reason,
          NULL::VARCHAR AS detail, NULL::INTEGER AS home, ${five} FROM made`,
        epoch,
      ),
      await put(
        detectionsFile({ date: new Date(START).toISOString().slice(0, 10), hour: 12, epoch: name, n: 0 }),
        `SELECT ${five}, 'Place ' || camera // 4 AS geographical_location,
          make_timestamptz((arrival - 200) * 1000) AS detected_at, make_timestamptz(arrival * 1000) AS arrived_at, ${where}
        FROM made WHERE arrival - 200 >= ${START}
        ORDER BY geographical_location_oid, timestamp_detected, detection_oid`,
        epoch,
      ),
    );
  }
  const local = made.map((file) => ({ ...file, localFile: join(folder, 'made', file.path) }));
  const detections = local.filter(({ path }) => path.startsWith('lake/detections/'));
  const base = countedReport({ facts: [] } as unknown as CountedWorld, epoch);
  const report = {
    ...{ ...base, epoch: name, epoch_number: epoch, from, to: endOf(epoch, rules), files: made },
    rows_sha256: await rowsHash(duck, detections, hashLimitsFor(MEMORY_MB)),
    partitions: previous?.partitions ?? base.partitions,
  };
  await files.write(manifestFile(name), Buffer.from(JSON.stringify(report)));
  await rm(join(folder, 'made'), { recursive: true, force: true });
  return report;
}

/** The hash over the rows of an epoch, as its files are now. */
async function hashNow(run: RunReport): Promise<string> {
  const local = [];
  for (const file of run.files.filter(({ path }) => path.startsWith('lake/detections/'))) {
    const localFile = join(folder, 'now', file.path.replaceAll('/', '_'));
    await mkdir(dirname(localFile), { recursive: true });
    if (!(await stat(localFile).catch(() => null))) await files.download(file.path, localFile);
    local.push({ ...file, localFile });
  }
  return rowsHash(duck, local, hashLimitsFor(MEMORY_MB), rowsOfEpoch(run.epoch_number as Epoch, rules));
}

async function checkHashes(what: string): Promise<void> {
  let [same, left] = [0, 0];
  for (let epoch = FIRST as number; epoch < FIRST + EPOCHS; epoch++) {
    const run = (await readRun(files, nameOf(epoch as Epoch, rules)))!;
    const wanted = run.changes.flatMap(({ rows_sha256: hash }) => hash ?? []).at(-1) ?? run.rows_sha256;
    same += (await hashNow(run)) === wanted ? 1 : 0;
    left += run.changes.reduce((sum, change) => sum - change.rows_removed, 0);
  }
  await rm(join(folder, 'now'), { recursive: true, force: true });
  said(`${what}: ${same} of ${EPOCHS} epochs have the rows hash that their manifest promises; ${-left} rows taken`);
}

try {
  await seconds(`${rows} rows made`, async () => {
    let previous: RunReport | null = null;
    for (let epoch = FIRST as number; epoch <= LAST; epoch++)
      previous = await makeEpoch(duck, epoch as Epoch, previous);
  });
  const days = await seconds('compact', () =>
    withLakeLock(context, (locked, lease) => compact(locked, lease, { belowBytes: 128 * 2 ** 20, now: Date.now() })),
  );
  said(JSON.stringify(days));
  await checkHashes('after compacting');
  const order = { by: 'camera' as const, camera: '7', from: START, to: START + 1_800_000 };
  const plan = await seconds('forget, plan', () => planForgetting(context, { order, ids: [] }));
  said(JSON.stringify(plan.tables));
  const done = await seconds('forget, execution', () =>
    withLakeLock(context, (locked, lease) => forget(locked, lease, { order, ids: [] })),
  );
  said(JSON.stringify(done!.tables));
  await checkHashes('after forgetting');
} finally {
  duck.close();
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  await rm(folder, { recursive: true, force: true });
}
