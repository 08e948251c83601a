/**
 * The published Parquet as data scientists meet it: pandas and pyarrow read a folder with nothing of ours, after a
 * download and over WebHDFS, each detection once, with the types of the contract. Polars, DataFusion, ClickHouse,
 * fastparquet, Spark and Hive's reader find the same, by the lines of docs/data.md. Spark and pyiceberg find whole
 * epochs in the table over it.
 *
 * The epochs are published by the batch layer on the real stack from records with copies and strays; the reading is
 * done by Python, in the environment with pandas that the set-up makes.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { endOf, epochNamed } from '../../core/domain/epoch.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { nextEpoch, horizonOf } from '../../batch-layer/epochs/next-epochs.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { batchWorld, feed, openBatchOf, UNKNOWN_PLACE } from '../support/batch-world.ts';
import { DATA_PAGE, examplesOf, withReplaced } from '../support/doc-examples.ts';
import { readAsHive } from '../support/hive-reader.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import type { Found } from '../support/lake-readers.ts';
import type { SparkFound, TableFound } from '../support/spark-readers.ts';
import { BY_OTHERS, BY_PANDAS, BY_PYICEBERG, otherReaders } from '../support/lake-readers.ts';
import { readBySpark } from '../support/spark-readers.ts';
import { TYPES_BY_READER, TYPES_IN_ARROW } from '../support/lake-types.ts';

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
  fromSpark = await readWithSpark();
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
  return pythonAnswer(python, BY_PANDAS, { args: [local('lake/detections'), oneFile, url] });
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

const OF_PYTHON = `
import json
print(json.dumps({
    "day": len(day), "local": len(local), "items": {k: int(v) for k, v in items.items()}, "hours": int(hours["n"].sum()),
    "places": int(places["n"].sum()), "late": len(late), "refused": sorted(set(refused["reason"])), "refused_rows": len(refused),
}))
`;
let fromPython: Record<string, unknown>;
let fromSpark: SparkFound;
/** In which the examples run. */
let folder: string;

/** Published epochs, oldest first. */
let epochs: string[];
/** A night at midnight has its rows in two folders; the page asks for one day. */
let dates: string[];

async function readWithSpark(): Promise<SparkFound> {
  const { hdfs, rules } = batch.context;
  const namesIn = async (path: string): Promise<string[]> =>
    (await hdfs.list(path)).map((file) => file.path.slice(path.length + 1)).sort();
  epochs = await listRuns(hdfs);
  epochs.sort((a, b) => epochNamed(a, rules)! - epochNamed(b, rules)!);
  dates = (await namesIn('lake/detections')).map((name) => name.slice('dt='.length));
  const [date, detection] = [dates.at(-1)!, (read.ids as string[])[0]!];
  folder = join(world.config.SIGHTLINE_HOME, 'examples');
  const places = (await namesIn('lake/locations')).at(-1)!;
  return readBySpark(world.config, { date, detection, places, epoch: epochs[1]! }, folder);
}

/** The lines of the page, with the addresses and the folder of this lake. */
function asHere(lines: string, changes: Readonly<Record<string, string>>): string {
  const { SIGHTLINE_ROOT: root, WEBHDFS_URL: url } = world.config;
  const { host, port } = new URL(url);
  const address = lines.includes('127.0.0.1:9870') ? { '127.0.0.1:9870': host } : {};
  return withReplaced(lines, {
    '/sightline/lake': `${root}/lake`,
    ...address,
    'port=9870': `port=${port}`,
    ...changes,
  });
}

test('pandas, DuckDB and Spark answer the examples of docs/data.md alike', async () => {
  const [python] = examplesOf(DATA_PAGE, '## Examples', 'python');
  const asked = asHere(python!, { '2026-11-23': dates.at(-1)! });
  fromPython = await answered(await ensureVenv({ analysis: true }), asked + OF_PYTHON, folder);
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
  assert.ok(fromSpark.one <= 1);
});

test('the query of docs/spark.md over the lake finds what the lake holds once', () => {
  const { top, once } = fromSpark;
  assert.ok(top.length > 0);
  assert.equal(once, fed.ids.size);
  assert.ok(top.reduce((a, b) => a + b, 0) <= fed.ids.size);
});

/** What the files of the folders say that the table must hold. */
function checkTable({ columns, whole, then, as_of: asOf }: TableFound): void {
  const byEpoch = read.by_epoch as Record<string, string[]>;
  assert.deepEqual(columns, Object.keys(TYPES_IN_ARROW));
  assert.deepEqual(Object.keys(asOf).sort(), [...epochs].sort());
  const arrived: string[] = [];
  for (const epoch of epochs) {
    arrived.push(...(byEpoch[epoch] ?? []));
    assert.deepEqual(asOf[epoch], [...arrived].sort(), epoch);
  }
  assert.ok(new Set(Object.values(asOf).map((ids) => ids.length)).size > 1, 'snapshots differ');
  assert.deepEqual(whole, [...fed.ids].sort());
  assert.deepEqual(then, asOf[epochs[1]!]);
}

test('Spark reads the table: the whole, as of each epoch exactly what had arrived, and what an epoch added', () => {
  const { table } = fromSpark;
  checkTable(table);
  assert.deepEqual(table.added, (read.by_epoch as Record<string, string[]>)[epochs.at(-1)!] ?? []);
  assert.equal(
    Object.values(table.items).reduce((a, b) => a + b, 0),
    fed.ids.size,
  );
});

test('pyiceberg reads the table over WebHDFS: the whole, and as of each epoch exactly what had arrived', async () => {
  const [, pyiceberg] = examplesOf(DATA_PAGE, '## As a table', 'python');
  const { lakeRoot } = await sparkSettings(world.config);
  const address = lakeRoot.slice(0, -world.config.SIGHTLINE_ROOT.length);
  const changes = {
    'hdfs://127.0.0.1:8020': address,
    '2026-11-23T1410': epochs[1]!,
    '2026-11-23T00': `${dates[0]!}T00`,
  };
  const found = await answered(await otherReaders(), asHere(pyiceberg!, changes) + BY_PYICEBERG, folder);
  checkTable(found as unknown as TableFound);
  assert.deepEqual(found.items, fromSpark.table.items);
});

test('the lines for Hive answer the same: timestamps by a view up to Hive 3, as they are from Hive 4 on', () => {
  const { items, direct, hive_3, hive_4, hive_4_by_hive_2 } = fromSpark;
  assert.deepEqual(hive_3, { items, ...direct });
  assert.deepEqual(hive_4, hive_3);
  assert.equal(hive_4_by_hive_2, true, "Hive 2.3's reader refuses the timestamps, or the page need not tell of a view");
  assert.equal(direct.agree, fromSpark.rows);
});

test('the lines for Hive over counts, places and raw records find what the others find', () => {
  const { items, places, refused, records, from_strays: strays } = fromSpark.by_hive;
  assert.deepEqual(items, fromPython.items);
  assert.ok(places.length > 0 && new Set(places).size === places.length);
  assert.deepEqual(refused, { not_json: [fromPython.refused_rows, 'poison'] });
  assert.ok(strays > 0, 'headers are read');
  assert.ok(records >= fed.records + strays);
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

async function answered(python: string, script: string, cwd: string): Promise<Record<string, unknown>> {
  await mkdir(cwd, { recursive: true });
  return pythonAnswer(python, script, { cwd });
}

test('a place that dataset B does not know has no name', () => {
  assert.deepEqual(read.unnamed, [UNKNOWN_PLACE]);
});
