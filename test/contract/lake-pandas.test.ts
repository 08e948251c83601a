/**
 * The published Parquet as data scientists meet it: pandas and pyarrow read a folder with nothing of ours, after a
 * download and over WebHDFS, each detection once, with the types of the contract. Polars, DataFusion, ClickHouse,
 * fastparquet, Spark and Hive's reader find the same, by the lines of docs/data.md.
 *
 * The epochs are published by the batch layer on the real stack from records with copies and strays; the reading is
 * done by Python, in the environment with pandas that the set-up makes.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { nextEpoch, horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { batchWorld, feed, openBatchOf, UNKNOWN_PLACE } from '../support/batch-world.ts';
import { examplesOf, withReplaced } from '../support/doc-examples.ts';
import { readAsHive } from '../support/hive-reader.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import type { Found } from '../support/lake-readers.ts';
import { BY_HIVE, BY_OTHERS, HIVE_SESSION, otherReaders } from '../support/lake-readers.ts';
import { TYPES_BY_READER, TYPES_IN_ARROW } from '../support/lake-types.ts';

const READER = `
import json, sys
import pandas as pd
import pyarrow.parquet as pq
folder, one_file, url = sys.argv[1:4]
frame = pd.read_parquet(folder)
remote = pd.read_parquet(url)
schema = pq.read_schema(one_file)
meta = pq.read_metadata(one_file)
lone = pd.read_parquet(one_file)
print(json.dumps({
    "rows": len(frame),
    "remote_rows": len(remote),
    "ids": [str(i) for i in frame["detection_oid"]],
    "dtypes": {name: str(kind) for name, kind in frame.dtypes.items()},
    "schema": {field.name: str(field.type) for field in schema},
    "metadata": {k.decode(): v.decode() for k, v in (schema.metadata or {}).items()},
    "compression": meta.row_group(0).column(0).compression,
    "sorted": bool((lone[["geographical_location_oid", "timestamp_detected"]].apply(tuple, axis=1)).is_monotonic_increasing),
    "unnamed": sorted({int(i) for i in frame.loc[frame["geographical_location"].isna(), "geographical_location_oid"]}),
    "lone_ids": [str(i) for i in lone["detection_oid"]],
    "times_agree": bool((frame["detected_at"].astype("int64") // (10 ** (9 if frame["detected_at"].dt.unit == "ns" else 6) // 1000) == frame["timestamp_detected"]).all()),
}))
`;

let world: BatchWorld;
let batch: OpenBatch;
let fed: Feed;
let read: Record<string, unknown>;
/** One file of the lake, on this machine. */
let oneFile: string;

before(async () => {
  const python = await ensureVenv({ analysis: true });
  world = await batchWorld({ EPOCH_SECONDS: '10', SPEED_WAIT_SECONDS: '0' });
  batch = await openBatchOf(world.config);
  fed = await feed(world.config);
  await pause(6_000);
  await fed.stop();
  await publishAll();
  read = await readBy(python);
});

after(async () => {
  await batch.close();
  await world.drop();
});

/** Until nothing is on its way: a stray comes home an epoch later. */
async function publishAll(): Promise<void> {
  const { context } = batch;
  for (let left = Infinity; left > 0 || (await published()) < fed.ids.size;) {
    const epoch = nextEpoch(await horizonOf(context), context.rules);
    await pause(Math.max(0, endOf(epoch, context.rules) - Date.now()) + 100);
    const { reports } = await publishEpochs(context, { from: epoch, to: epoch as Epoch });
    left = reports[0]!.tallies.new + reports[0]!.strays_forwarded;
  }
}

async function published(): Promise<number> {
  const { context } = batch;
  const hour = Math.floor(Date.now() / 3_600_000);
  const rows = await context.batchView.read({
    scope: 'all',
    horizon: (await horizonOf(context))!.epoch,
    hours: { from: hour - 1, to: hour },
    levels: ['minute'],
  });
  return rows.flatMap(({ cells }) => cells).reduce((sum, { count }) => sum + count, 0);
}

async function readBy(python: string): Promise<Record<string, unknown>> {
  const { hdfs } = batch.context;
  const files = await hdfs.walk('lake/detections');
  const local = (path: string): string => `${world.config.SIGHTLINE_HOME}/download/${path}`;
  for (const { path } of files) await hdfs.download(path, local(path));
  const { hostname, port } = new URL(world.config.WEBHDFS_URL);
  const url = `webhdfs://${hostname}:${port}${world.config.SIGHTLINE_ROOT}/lake/detections`;
  oneFile = local(files[0]!.path);
  return pythonAnswer(python, READER, { args: [local('lake/detections'), oneFile, url] });
}

test('a folder holds each detection once, whatever copies and strays there were', () => {
  const ids = read.ids as string[];
  assert.equal(ids.length, fed.ids.size);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => fed.ids.has(id)));
});

test('the same rows are read over WebHDFS, with nothing downloaded', () => {
  assert.equal(read.remote_rows, read.rows);
});

test('columns have the names and types of the contract', () => {
  assert.deepEqual(read.schema, TYPES_IN_ARROW);
  const dtypes = read.dtypes as Record<string, string>;
  assert.equal(dtypes.detection_oid, 'int64');
  assert.match(dtypes.detected_at!, /^datetime64\[.., UTC\]$/);
  assert.ok('dt' in dtypes && 'hour' in dtypes, 'Hive partitions become columns');
  assert.equal(read.times_agree, true);
});

test('files are sorted by place and time, compressed, and say which epoch they belong to', () => {
  const metadata = read.metadata as Record<string, string>;
  assert.equal(read.sorted, true);
  assert.equal(read.compression, 'ZSTD');
  assert.equal(metadata.version, '1');
  assert.match(metadata.epoch!, /^\d{4}-\d\d-\d\dT\d{4}/);
  assert.equal((JSON.parse(metadata.offsets!) as unknown[]).length, 3);
});

// ---- the examples of docs/data.md ----------------------------------------------------------------------------------

const DATA_PAGE = new URL('../../docs/data.md', import.meta.url);
const SPARK_PAGE = new URL('../../docs/spark.md', import.meta.url);
const OF_PYTHON = `
import json
print(json.dumps({
    "day": len(day), "local": len(local), "items": {k: int(v) for k, v in items.items()}, "hours": int(hours["n"].sum()),
    "places": int(places["n"].sum()), "late": len(late), "refused": sorted(set(refused["reason"])), "refused_rows": len(refused),
}))
`;
let fromPython: Record<string, unknown>;
let fromSpark: Record<string, unknown>;
/** In which the examples run. */
let folder: string;

test('pandas, DuckDB and Spark answer the examples of docs/data.md alike', async () => {
  const [python, , spark] = examplesOf(DATA_PAGE, '## Examples', 'python');
  const [hive4, hive3] = examplesOf(DATA_PAGE, '## Examples', 'sql');
  const { SIGHTLINE_ROOT: root, WEBHDFS_URL: url, SIGHTLINE_HOME: home } = world.config;
  const dates = (await batch.context.hdfs.list('lake/detections')).map(({ path }) =>
    path.slice(path.indexOf('dt=') + 3),
  );
  // A night at midnight has its rows in two folders; the page asks for one day.
  const today = dates.at(-1)!;
  const changes = { '2026-11-23': today, '/sightline/lake': `${root}/lake` };
  const asked = withReplaced(python!, {
    ...changes,
    '127.0.0.1:9870': new URL(url).host,
    'port=9870': `port=${new URL(url).port}`,
  });
  folder = join(home, 'examples');
  fromPython = await answered(await ensureVenv({ analysis: true }), asked + OF_PYTHON, folder);
  const { lakeRoot } = await sparkSettings(world.config);
  const named = {
    ...changes,
    'hdfs://127.0.0.1:8020': lakeRoot.slice(0, -root.length),
    '9007199254740993': (read.ids as string[])[0]!,
  };
  const python3 = join(dirname(await ensureSpark()), 'python');
  const ddl = [hive4!, hive3!].map((lines) => withReplaced(lines, { "'/sightline/lake": `'${lakeRoot}/lake` }));
  const script = HIVE_SESSION + withReplaced(spark!, named) + withReplaced(BY_HIVE, { '2026-11-23': today });
  fromSpark = await answered(python3, script, folder, [join(home, 'warehouse'), ...ddl]);
  const rows = Object.values(fromPython.items as Record<string, number>).reduce((a, b) => a + b, 0);
  assert.ok(rows > 0 && rows <= fed.ids.size);
  if (dates.length === 1) assert.equal(rows, fed.ids.size);
  assert.deepEqual(fromSpark.items, fromPython.items);
  assert.deepEqual(
    [fromPython.day, fromPython.local, fromPython.hours, fromPython.places, fromSpark.rows],
    Array(5).fill(rows),
  );
  assert.deepEqual(fromPython.refused, ['not_json']);
  assert.ok(Number(fromPython.refused_rows) > 0);
  assert.ok(Number(fromSpark.one) <= 1);
});

test('the query of docs/spark.md over the lake finds what the lake holds once', async () => {
  const [example] = examplesOf(SPARK_PAGE, '## The same question in plain Spark', 'python');
  const { SIGHTLINE_HOME: home } = world.config;
  const { lakeRoot } = await sparkSettings(world.config);
  const places = (await batch.context.hdfs.list('lake/locations'))
    .map(({ path }) => path)
    .sort()
    .at(-1)!;
  const asked = withReplaced(example!, {
    'hdfs://127.0.0.1:8020/sightline/lake': `${lakeRoot}/lake`,
    '2026-11-23.parquet': places.slice(places.lastIndexOf('/') + 1),
  });
  const sums =
    '\nimport json\nprint(json.dumps({"top": [row.n for row in top], "once": spark.sql("SELECT count(DISTINCT detection_oid) FROM a").first()[0]}))\n';
  const python3 = join(dirname(await ensureSpark()), 'python');
  const { top, once } = await answered(python3, asked + sums, join(home, 'examples'));
  assert.ok((top as number[]).length > 0);
  assert.equal(once, fed.ids.size);
  assert.ok((top as number[]).reduce((a, b) => a + b, 0) <= fed.ids.size);
});

test('the lines for Hive answer the same: timestamps by a view up to Hive 3, as they are from Hive 4 on', () => {
  const { items, direct, hive_3, hive_4, hive_4_by_hive_2 } = fromSpark;
  assert.deepEqual(hive_3, { items, ...(direct as object) });
  assert.deepEqual(hive_4, hive_3);
  assert.equal(hive_4_by_hive_2, true, "Hive 2.3's reader refuses the timestamps, or the page need not tell of a view");
  assert.equal((direct as { agree: number }).agree, fromSpark.rows);
});

test('Polars, DataFusion, ClickHouse and fastparquet find the rows, types and answers that pandas finds', async () => {
  const [, others] = examplesOf(DATA_PAGE, '## Examples', 'python');
  const { pandas, ...found } = (await answered(await otherReaders(), others! + BY_OTHERS, folder)) as unknown as Record<
    string,
    Found
  >;
  assert.deepEqual([pandas!.count, pandas!.items], [fromPython.local, fromPython.items]);
  for (const [reader, { types, count, rows, items }] of Object.entries(found)) {
    assert.deepEqual([count, rows, items], [pandas!.count, pandas!.rows, pandas!.items], reader);
    for (const [column, type] of Object.entries(TYPES_BY_READER[reader]!))
      assert.equal(types[column], type, `${reader}: ${column}`);
  }
});

/** As Java writes a list; the columns are in the order of the page. */
const HIVE_ROW = /^\[-?\d+, -?\d+, (?<oid>-?\d+), .*, (?<detected>\d+), .*, (?<at>[^,]+), [^,]+, \d+, \d+\]$/;
const atOf = (rows: readonly string[]): (readonly [string, number, string])[] =>
  rows.map((row) => {
    const { oid, detected, at } = HIVE_ROW.exec(row)!.groups!;
    return [oid!, Number(detected), at!];
  });

test('Hive 2.3, 3.1 and 4.0 read a file by the lines of the page, and the first two no timestamps', async () => {
  const [timestamps, numbers] = examplesOf(DATA_PAGE, '## Examples', 'sql');
  for (const version of ['hive2', 'hive3', 'hive4'] as const) {
    const [byNumbers, byTimestamps] = await readAsHive(version, oneFile, [numbers!, timestamps!]);
    const rows = atOf(byNumbers!);
    assert.deepEqual(
      rows.map(([oid]) => oid),
      read.lone_ids,
      version,
    );
    for (const [, detected, at] of rows) assert.equal(at, `${detected}000`, version);
    if (version === 'hive4')
      for (const [, detected, at] of atOf(byTimestamps!)) assert.equal(Date.parse(`${at}Z`), detected);
    else assert.deepEqual(byTimestamps, ['java.lang.ClassCastException'], version);
  }
});

async function answered(
  python: string,
  script: string,
  folder: string,
  args: readonly string[] = [],
): Promise<Record<string, unknown>> {
  await mkdir(folder, { recursive: true });
  const environment = {
    ...process.env,
    SPARK_LOCAL_IP: '127.0.0.1',
    PATH: `${dirname(python)}:${process.env.PATH ?? ''}`,
  };
  return pythonAnswer(python, script, { args, cwd: folder, env: environment });
}

test('a place that dataset B does not know has no name', () => {
  assert.deepEqual(read.unnamed, [UNKNOWN_PLACE]);
});
