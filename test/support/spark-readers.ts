/**
 * What Spark finds in the lake by the lines of the pages: in its folders, in tables of Hive, by the query of
 * docs/spark.md, and in the Iceberg table.
 *
 * For the contract test of the lake (lake-pandas.test.ts). All of it runs in one session, because a Spark of its own
 * for each takes half a minute. It has Hive's catalogue in memory, whose tables Hive's own reader reads, and the jar
 * that docs/data.md names for Iceberg.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../core/process/config.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { fetchJars } from '../../hadoop-compose/cluster/jars.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { jarsOf } from '../../hadoop-compose/stack/checksums.ts';
import { jarFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { pins } from '../../hadoop-compose/stack/versions.ts';
import { DATA_PAGE, examplesOf, SPARK_PAGE, withReplaced } from './doc-examples.ts';
import { pythonAnswer } from './python-answer.ts';

const SESSION = `
import json, sys
from pyspark.sql import SparkSession
warehouse, iceberg, *hive_lines = sys.argv[1:]
(SparkSession.builder.enableHiveSupport()
    .config("spark.jars", iceberg)
    .config("spark.sql.hive.convertMetastoreParquet", "false")
    .config("spark.sql.warehouse.dir", "file:" + warehouse)
    .config("spark.hadoop.hive.exec.scratchdir", "file:" + warehouse)
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:hive;create=true")
    .getOrCreate())
`;

/** Behind the lines for Spark of docs/data.md. The lines for Hive are run in a database of each version. */
const BY_FOLDERS_AND_HIVE = `
def ask(database):
    spark.sql(f"USE {database}")
    items = spark.sql("SELECT item_name, count(*) AS n FROM detections WHERE dt = '2026-11-23' GROUP BY item_name").collect()
    times = spark.sql("""SELECT count_if(detected_at = timestamp_millis(timestamp_detected)) AS agree,
                           unix_micros(min(arrived_at)) AS first, unix_micros(max(arrived_at)) AS last,
                           count(DISTINCT detection_oid) AS ids FROM detections WHERE dt = '2026-11-23'""").first()
    return {"items": {row.item_name: row.n for row in items}, **times.asDict()}

for database, lines in zip(["hive_4", "hive_3"], hive_lines):
    spark.sql(f"CREATE DATABASE {database}")
    spark.sql(f"USE {database}")
    for statement in filter(str.strip, lines.split(";")):
        spark.sql(statement)

hive_3 = ask("hive_3")
try:
    ask("hive_4")
    refused = None
except Exception as fault:
    refused = "ClassCastException" in str(fault)
spark.conf.set("spark.sql.hive.convertMetastoreParquet", "true")
direct = detections.selectExpr("count_if(detected_at = timestamp_millis(timestamp_detected)) AS agree",
    "unix_micros(min(arrived_at)) AS first", "unix_micros(max(arrived_at)) AS last", "count(DISTINCT detection_oid) AS ids").first()
others, questions = hive_lines[2:]
spark.sql("CREATE DATABASE hive_others")
spark.sql("USE hive_others")
spark.conf.set("spark.sql.hive.convertMetastoreParquet", "false")
for statement in filter(str.strip, others.split(";")):
    spark.sql(statement)
top_items, places, refused_records = [spark.sql(each).collect() for each in filter(str.strip, questions.split(";"))]
sources = spark.sql("""SELECT count(*) AS n, count_if(exists(headers, h -> h.name = 'sightline.stray' AND h.value IS NOT NULL)) AS strays
                       FROM raw_records""").first()
by_hive = {
    "items": {row.item_name: row.n for row in top_items},
    "places": [row.geographical_location_oid for row in places],
    "refused": {row.reason: [row.n, row.example] for row in refused_records},
    "records": sources.n, "from_strays": sources.strays,
}
spark.conf.set("spark.sql.hive.convertMetastoreParquet", "true")
found = {
    "by_hive": by_hive,
    "items": {row.item_name: row["count"] for row in items}, "rows": detections.count(), "one": len(one),
    "direct": direct.asDict(), "hive_3": hive_3, "hive_4": ask("hive_4"), "hive_4_by_hive_2": refused,
}
`;

/** Behind the query of docs/spark.md. */
const BY_QUERY = `
found["top"] = [row.n for row in top]
found["once"] = spark.sql("SELECT count(DISTINCT detection_oid) FROM a").first()[0]
`;

/** Behind the lines for Spark of docs/data.md#as-a-table. */
const BY_TABLE = `
def ids(frame):
    return sorted(str(row.detection_oid) for row in frame.select("detection_oid").collect())

found["table"] = {
    "items": {row.item_name: row.n for row in items},
    "columns": then.columns,
    "whole": ids(spark.table("lake.detections")),
    "then": ids(then),
    "added": ids(added),
    "as_of": {row.epoch: ids(spark.sql(f"SELECT * FROM lake.detections VERSION AS OF '{row.epoch}'")) for row in epochs},
}
print(json.dumps(found))
spark.stop()
`;

/** What a reader finds in the table; rows as their ids, sorted as texts. */
export interface TableFound {
  readonly items: Readonly<Record<string, number>>;
  readonly columns: readonly string[];
  readonly whole: readonly string[];
  /** As of the epoch that the lines of the page name. */
  readonly then: readonly string[];
  /** As of each epoch. */
  readonly as_of: Readonly<Record<string, readonly string[]>>;
}

export interface SparkFound {
  readonly items: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly one: number;
  readonly direct: Readonly<Record<string, number>>;
  readonly hive_3: object;
  readonly hive_4: object;
  readonly hive_4_by_hive_2: boolean | null;
  /** What Hive's reader finds in the other datasets; `refused`: number and one value by reason. */
  readonly by_hive: {
    readonly items: Readonly<Record<string, number>>;
    readonly places: readonly number[];
    readonly refused: Readonly<Record<string, readonly [number, string]>>;
    readonly records: number;
    readonly from_strays: number;
  };
  readonly top: readonly number[];
  readonly once: number;
  /** `added`: what arrived in the last epoch. */
  readonly table: TableFound & { readonly added: readonly string[] };
}

/** What takes the place of the values of the pages. */
export interface Asked {
  readonly date: string;
  readonly detection: string;
  /** Name of a file in lake/locations. */
  readonly places: string;
  readonly epoch: string;
}

export async function readBySpark(config: Config, asked: Asked, folder: string): Promise<SparkFound> {
  const { lakeRoot } = await sparkSettings(config);
  const lake = { 'hdfs://127.0.0.1:8020/sightline/lake': `${lakeRoot}/lake` };
  const [, , folders] = examplesOf(DATA_PAGE, '## Examples', 'python');
  const ddl = examplesOf(DATA_PAGE, '## Examples', 'sql');
  const [query] = examplesOf(SPARK_PAGE, '## The same question in plain Spark', 'python');
  const [table] = examplesOf(DATA_PAGE, '## As a table', 'python');
  const iceberg = await icebergJar();
  const script = [
    SESSION,
    withReplaced(folders!, { ...lake, '2026-11-23': asked.date, '9007199254740993': asked.detection }),
    withReplaced(BY_FOLDERS_AND_HIVE, { '2026-11-23': asked.date }),
    withReplaced(query!, { ...lake, '2026-11-23.parquet': asked.places }),
    BY_QUERY,
    withReplaced(table!, {
      ...lake,
      [`"spark.jars.packages", "${pins.iceberg[0]!.replace(':alone', '')}"`]: `"spark.jars", "${iceberg}"`,
      '2026-11-23T1410': asked.epoch,
    }),
    BY_TABLE,
  ];
  const args = [
    ...[join(config.SIGHTLINE_HOME, 'warehouse'), iceberg],
    ...ddl.slice(0, 3).map((lines) => withReplaced(lines, { "'/sightline/lake": `'${lakeRoot}/lake` })),
    withReplaced(ddl[3]!, { "'2026-11-23'": `'${asked.date}'` }),
  ];
  const python = join(dirname(await ensureSpark()), 'python');
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, SPARK_LOCAL_IP: '127.0.0.1', PATH: `${dirname(python)}:${process.env.PATH ?? ''}` };
  return pythonAnswer(python, script.join('\n'), { args, cwd: folder, env });
}

async function icebergJar(): Promise<string> {
  const stack = stackFrom();
  await fetchJars(stack, () => undefined, undefined, ['iceberg']);
  return join(jarFolder(stack, 'iceberg'), jarsOf('iceberg')[0]!.file);
}
