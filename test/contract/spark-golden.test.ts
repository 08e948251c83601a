/**
 * One epoch, two engines: Spark and DuckDB reconcile the golden epoch to the same rows (laws L2, L6, L7).
 *
 * The statements are the same files; this holds that both read them the same way: types, comparisons of texts,
 * remainders, days, nulls in joins. Spark runs locally over files of this machine, from PyPI; no daemon is needed. It
 * also holds the layout of what Spark's writer makes: compression, dictionaries, bloom filter, metadata, order.
 * SIGHTLINE_SPARK_MASTERS names further places to submit the same epoch to (`npm run test:spark`).
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { Golden } from '../support/golden-epoch.ts';
import type { SparkSettings } from '../../core/stores/spark/settings.ts';
import { DETECTION_COLUMNS, LOCATION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { metadataFields } from '../../batch-layer/lake/file-metadata.ts';
import { loadLocations, reconcile } from '../../batch-layer/reconcile/duckdb/reconcile.ts';
import { planOf } from '../../batch-layer/reconcile/spark/plan.ts';
import { nameOutputs, RECONCILE_JOB } from '../../batch-layer/reconcile/spark/stage.ts';
import { submit } from '../../core/stores/spark/submit.ts';
import { DETECTIONS_FILE, OUTPUTS, textOf, TOP_ITEMS_FILE } from '../../batch-layer/sql/statements.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { GOLDEN_PLACES, GOLDEN_RULES, goldenEpochIn } from '../support/golden-epoch.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import { mastersAsked, openMaster, sparkHome } from '../support/spark-masters.ts';

const EPOCH = '2024-10-09';
const ROWS_PER_FILE = 1_500;

let folder: string;
let golden: Golden;
let home: string;
let spark: Omit<SparkSettings, 'lakeRoot'>;
let duck: Duck;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-golden-'));
  golden = await goldenEpochIn(folder);
  duck = await openDuck({ memoryMb: 512, threads: 2, spillFolder: join(folder, 'spill') });
  const options = ['--conf', 'spark.hadoop.fs.file.impl=org.apache.hadoop.fs.RawLocalFileSystem'];
  home = await sparkHome();
  spark = {
    submit: join(home, 'bin', 'spark-submit'),
    master: 'local[2]',
    options,
    driverMemoryMb: 1_024,
    user: 'sightline',
  };
  await reconcile(duck, GOLDEN_RULES, golden.sources, { bucketRows: 1_000 });
  await inSpark(spark, 'out');
});

after(async () => {
  duck.close();
  await rm(folder, { recursive: true, force: true });
});

async function inSpark(settings: typeof spark, out: string): Promise<void> {
  const url = (path: string): string => `file://${path}`;
  const locations = join(folder, 'locations.parquet');
  await duck.run('DROP TABLE IF EXISTS locations');
  await loadLocations(duck, GOLDEN_PLACES);
  await duck.run(`COPY (SELECT ${namesOf(LOCATION_COLUMNS)} FROM locations) TO ${quoted(locations)} (FORMAT parquet)`);
  const places = {
    raw: golden.sources.raw.map(({ localFile }) => url(localFile)),
    earlier: golden.sources.earlier.map(url),
    locations: url(locations),
    lake: url(golden.lake),
    out: url(join(folder, out)),
  };
  const metadata = metadataFields(EPOCH, [{ partition: 0, first: 0, cut: 7 }]);
  const plan = planOf(places, { epoch: EPOCH, rules: GOLDEN_RULES, rowsPerFile: ROWS_PER_FILE, metadata });
  const planFile = join(folder, `${out}.json`);
  await writeFile(planFile, JSON.stringify(plan));
  await submit(
    settings,
    { program: RECONCILE_JOB, plan: planFile, logFile: join(folder, `${out}.log`), shuffles: 2 },
    new AbortController().signal,
  );
}

const written = (relation: string, out = 'out'): string =>
  `read_parquet(${quoted(join(folder, out, relation, '**', '*.parquet'))}, hive_partitioning = false)`;

/** Rows that one side has and the other has not, whatever their order. */
async function differences(columns: string, a: string, b: string): Promise<Row[]> {
  const half = (x: string, y: string): string => `(SELECT ${columns} FROM ${x} EXCEPT ALL SELECT ${columns} FROM ${y})`;
  return duck.rows(`${half(a, b)} UNION ALL ${half(b, a)} LIMIT 5`);
}

const count = async (from: string): Promise<number> =>
  Number((await duck.rows(`SELECT COUNT(*) AS n FROM ${from}`))[0]!.n);

test('the golden epoch has every outcome in it', async () => {
  const [fates] =
    await duck.rows(`SELECT SUM(new)::INT AS new, SUM(deferred)::INT AS deferred, SUM(copies_of_earlier)::INT AS earlier,
    SUM(detections)::INT AS detections FROM fates`);
  assert.equal(fates!.detections, golden.detections);
  assert.equal(fates!.earlier, 20);
  assert.ok(Number(fates!.deferred) > 50);
  assert.ok((await count('conflicts')) > 150);
  assert.equal(await count('met WHERE NOT is_published'), 10);
  assert.ok((await count('detections WHERE geographical_location IS NULL')) > 100);
});

test('Spark publishes the rows that DuckDB publishes', async () => {
  const computed = `(${textOf(DETECTIONS_FILE)})`;
  assert.ok((await count('detections')) > 3_000);
  assert.equal(await count(written('detections')), await count('detections'));
  assert.deepEqual(await differences(namesOf(DETECTION_COLUMNS), computed, written('detections')), []);
});

for (const relation of ['met', 'conflicts']) {
  test(`Spark and DuckDB agree on ${relation}`, async () => {
    assert.equal(await count(written(relation)), await count(relation));
    assert.deepEqual(await differences('*', relation, written(relation)), []);
  });
}

test('Spark and DuckDB agree on the records of every partition, though DuckDB works in buckets', async () => {
  const fates = (from: string): Promise<Row[]> =>
    duck.rows(`SELECT kafka_partition, SUM(detections)::BIGINT AS detections, SUM(new)::BIGINT AS new, SUM(deferred)::BIGINT AS deferred,
      SUM(copies_of_earlier)::BIGINT AS copies_of_earlier FROM ${from} GROUP BY kafka_partition ORDER BY kafka_partition`);
  assert.deepEqual(await fates(written('fates')), await fates('fates'));
  assert.ok((await count('fates')) > (await count(written('fates'))));
  const copies = (from: string): Promise<Row[]> =>
    duck.rows(`SELECT kafka_partition, way, CAST(below_ms AS BIGINT) AS below_ms, SUM(copies)::BIGINT AS copies FROM ${from}
      GROUP BY ALL ORDER BY ALL`);
  assert.deepEqual(await copies(written('copies')), await copies('copies'));
  assert.deepEqual(
    (await duck.rows('SELECT DISTINCT way FROM copies ORDER BY way')).map(({ way }) => way),
    ['re_stamped', 'same_partition', 'stray'],
  );
});

test('Spark counts the same top items', async () => {
  const columns = 'hour, geographical_location_oid, geographical_location, item_name, detections';
  assert.ok((await count(written('top_items'))) > 50);
  assert.deepEqual(await differences(columns, `(${textOf(TOP_ITEMS_FILE)})`, written('top_items')), []);
});

for (const name of mastersAsked('local').filter((each) => each !== 'local')) {
  test(
    `submitted to ${name}, the golden epoch gives the same rows in every relation`,
    { timeout: 600_000 },
    async () => {
      const { environment, close } = await openMaster(name, home);
      const given = { ...process.env };
      try {
        // As an operator's shell has it: spark-submit reads it, not we.
        Object.assign(process.env, environment);
        const options = [...spark.options, ...environment.SPARK_SUBMIT_OPTIONS!.split(' ')];
        await inSpark({ ...spark, master: environment.SPARK_MASTER!, options }, name);
      } finally {
        process.env = given;
        await close();
      }
      for (const relation of [...OUTPUTS, 'top_items']) {
        assert.equal(await count(written(relation, name)), await count(written(relation)), relation);
        assert.deepEqual(await differences('*', written(relation, name), written(relation)), [], relation);
      }
    },
  );
}

test('files lie in the folder of their day and hour, in the order of place and time, none too large', async () => {
  const files = (await readdir(join(folder, 'out'), { recursive: true })).filter((name) => name.endsWith('.parquet'));
  const places = nameOutputs(EPOCH, files).filter(({ relation }) => relation === 'detections');
  assert.ok(places.length > 24);
  assert.equal(new Set(places.map(({ path }) => path)).size, places.length);
  for (const { name, path } of places) {
    const file = quoted(join(folder, 'out', name));
    const [found] = await duck.rows(`SELECT COUNT(*) AS n, COUNT(DISTINCT timestamp_detected // 3600000)::INT AS hours,
      strftime(make_timestamp(MIN(timestamp_detected) * 1000), 'dt=%Y-%m-%d/hour=%H') AS folder FROM read_parquet(${file}, hive_partitioning = false)`);
    assert.ok(Number(found!.n) <= ROWS_PER_FILE);
    assert.equal(found!.hours, 1);
    assert.equal(path, `lake/detections/${String(found!.folder)}/${path!.split('/').at(-1)}`);
    const unsorted =
      await duck.rows(`WITH r AS (SELECT file_row_number AS n, geographical_location_oid AS place, timestamp_detected AS t
      FROM read_parquet(${file}, file_row_number = true, hive_partitioning = false))
      SELECT a.n FROM r a JOIN r b ON b.n = a.n + 1 WHERE (a.place, a.t) > (b.place, b.t)`);
    assert.deepEqual(unsorted, []);
  }
});

test('the files of Spark have the layout of the contract', async () => {
  const all = quoted(join(folder, 'out', 'detections', '**', '*.parquet'));
  const columns =
    await duck.rows(`SELECT path_in_schema AS name, ANY_VALUE(type) AS type, BOOL_AND(compression = 'ZSTD') AS zstd,
    STRING_AGG(DISTINCT encodings, '; ') AS encodings, BOOL_AND(bloom_filter_offset IS NOT NULL) AS bloom, BOOL_AND(stats_min_value IS NOT NULL OR stats_null_count = num_values) AS statistics
    FROM parquet_metadata(${all}) GROUP BY name`);
  const of = new Map(columns.map((column) => [String(column.name), column]));
  assert.deepEqual([...of.keys()].sort(), DETECTION_COLUMNS.map(([name]) => name).sort());
  for (const column of columns) assert.equal(column.zstd && column.statistics, true, String(column.name));
  assert.equal(of.get('detection_oid')!.bloom, true);
  assert.equal(of.get('detection_oid')!.type, 'INT64');
  assert.doesNotMatch(String(of.get('detection_oid')!.encodings), /DICTIONARY/);
  assert.match(String(of.get('item_name')!.encodings), /DICTIONARY/);
  const [type] = await duck.rows(
    `SELECT logical_type AS kind FROM parquet_schema(${all}) WHERE name = 'detected_at' LIMIT 1`,
  );
  assert.match(String(type!.kind), /isAdjustedToUTC=1|isAdjustedToUTC=true/);
  assert.match(String(type!.kind), /MICROS/);
  const metadata =
    await duck.rows(`SELECT DISTINCT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${all})
    WHERE decode(key) IN ('version', 'epoch', 'offsets') ORDER BY key`);
  assert.deepEqual(
    metadata.map(({ key, value }) => [key, value]),
    [
      ['epoch', EPOCH],
      ['offsets', '[[0,0,7]]'],
      ['version', '1'],
    ],
  );
});

test('pandas reads the files that Spark wrote, with their metadata', async () => {
  const script = `
import glob, json, sys
import pandas as pd
import pyarrow.parquet as pq
frame = pd.read_parquet(sys.argv[1])
one = pq.read_schema(glob.glob(sys.argv[1] + "/*/*/*.parquet")[0])
print(json.dumps({"rows": len(frame), "ids": int(frame["detection_oid"].nunique()), "epoch": one.metadata[b"epoch"].decode(), "type": str(one.field("arrived_at").type)}))
`;
  const answer = await pythonAnswer(await ensureVenv({ analysis: true }), script, {
    args: [join(folder, 'out', 'detections')],
  });
  const ids = Number((await duck.rows('SELECT COUNT(DISTINCT detection_oid) AS n FROM detections'))[0]!.n);
  assert.deepEqual(answer, { rows: await count('detections'), ids, epoch: EPOCH, type: 'timestamp[us, tz=UTC]' });
});

test('a job that fails ends with exit code 5 and the last lines of Spark', async () => {
  const planFile = join(folder, 'broken.json');
  await writeFile(planFile, '{"epoch": "none"}');
  const job = { program: RECONCILE_JOB, plan: planFile, logFile: join(folder, 'broken.log'), shuffles: 2 };
  const failed = submit({ ...spark, master: 'no-such-master' }, job, new AbortController().signal);
  await assert.rejects(failed, (fault: Error) => fault.name === 'Retryable' && /no-such-master/.test(fault.message));
});

test('without Spark the message names the command that sets it up', async () => {
  const job = { program: RECONCILE_JOB, plan: 'none', logFile: join(folder, 'none.log'), shuffles: 2 };
  const failed = submit({ ...spark, submit: join(folder, 'no', 'spark-submit') }, job, new AbortController().signal);
  await assert.rejects(
    failed,
    (fault: { exitCode?: number; message: string }) =>
      fault.exitCode === 5 && /sightline spark setup/.test(fault.message),
  );
});
