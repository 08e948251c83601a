/**
 * What other readers than pandas find in the lake: the same columns, types and rows, whoever reads.
 *
 * Scripts for the contract test of the lake (lake-pandas.test.ts), which runs them behind the lines of docs/data.md.
 * Each prints one JSON value.
 */
import { dirname, join } from 'node:path';
import { ensureVenv, environmentOf } from '../../hadoop-compose/cameras/venv.ts';
import { ROOT } from './main-job.ts';

/** The Python of data scientists, with Polars, DataFusion, chdb and fastparquet too. */
export async function otherReaders(): Promise<string> {
  const python = await ensureVenv({ analysis: true });
  return environmentOf(dirname(dirname(python)), [join(ROOT, 'test/support/readers/requirements-readers.txt')]);
}

/** What one reader finds. */
export interface Found {
  readonly types: Readonly<Record<string, string>>;
  readonly count: number;
  /** SHA-256 of all rows, sorted. */
  readonly rows: string;
  readonly items: Readonly<Record<string, number>>;
}

/** Behind the lines for Polars, DataFusion, ClickHouse and fastparquet: what each of them finds. */
export const BY_OTHERS = `
import hashlib, json

COLUMNS = ["geographical_location_oid", "video_camera_oid", "detection_oid", "item_name", "timestamp_detected",
           "geographical_location", "detected_at", "arrived_at", "kafka_partition", "kafka_offset"]
asked = ", ".join(COLUMNS)

def plain(value):
    if isinstance(value, str):
        return value
    return None if value is None or value != value else int(value)

def found(types, frame, items):
    frame = pandas.DataFrame({name: frame[name] for name in COLUMNS})
    for name in ["detected_at", "arrived_at"]:
        frame[name] = pandas.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]").astype("int64")
    rows = sorted(json.dumps([plain(value) for value in row]) for row in frame.itertuples(index=False, name=None))
    return {"types": types, "count": len(rows), "rows": hashlib.sha256("\\n".join(rows).encode()).hexdigest(),
            "items": {name: int(n) for name, n in items}}

pairs = lambda frame: list(zip(frame["item_name"], frame["n"]))
polars_frame = polars.scan_parquet("detections", hive_partitioning=True).select(COLUMNS).collect()
arrow = context.sql(f"SELECT {asked} FROM detections").to_arrow_table()
described = chdb.query("DESCRIBE file('detections/*/*/*.parquet')", "DataFrame")
clickhouse_frame = chdb.query(f"SELECT {asked} FROM file('detections/*/*/*.parquet')", "DataFrame")
by_pandas = pandas.read_parquet("detections")
print(json.dumps({
    "pandas": found({name: str(kind) for name, kind in by_pandas.dtypes.items()}, by_pandas,
                    by_pandas.groupby("item_name").size().items()),
    "polars": found({name: str(kind) for name, kind in polars_frame.schema.items()},
                    polars_frame.to_pandas(), pairs(by_polars.to_pandas())),
    "datafusion": found({field.name: str(field.type) for field in arrow.schema}, arrow.to_pandas(), pairs(by_datafusion)),
    "clickhouse": found(dict(zip(described["name"], described["type"])), clickhouse_frame, pairs(by_clickhouse)),
    "fastparquet": found({name: str(kind) for name, kind in day.dtypes.items()}, day, by_fastparquet.items()),
}))
`;

/** Before the lines for Spark: a session with Hive's catalogue in memory, whose tables Hive's own reader reads. */
export const HIVE_SESSION = `
import sys
from pyspark.sql import SparkSession
(SparkSession.builder.enableHiveSupport()
    .config("spark.sql.hive.convertMetastoreParquet", "false")
    .config("spark.sql.warehouse.dir", "file:" + sys.argv[1])
    .config("spark.hadoop.hive.exec.scratchdir", "file:" + sys.argv[1])
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:hive;create=true")
    .getOrCreate())
`;

/** Behind them: the lines for Hive, run in a database of each version; arguments 2 and 3 are the lines of each. */
export const BY_HIVE = `
import json

def ask(database):
    spark.sql(f"USE {database}")
    items = spark.sql("SELECT item_name, count(*) AS n FROM detections WHERE dt = '2026-11-23' GROUP BY item_name").collect()
    times = spark.sql("""SELECT count_if(detected_at = timestamp_millis(timestamp_detected)) AS agree,
                           unix_micros(min(arrived_at)) AS first, unix_micros(max(arrived_at)) AS last,
                           count(DISTINCT detection_oid) AS ids FROM detections WHERE dt = '2026-11-23'""").first()
    return {"items": {row.item_name: row.n for row in items}, **times.asDict()}

for database, lines in [("hive_4", sys.argv[2]), ("hive_3", sys.argv[3])]:
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
print(json.dumps({
    "items": {row.item_name: row["count"] for row in items}, "rows": detections.count(), "one": len(one),
    "direct": direct.asDict(), "hive_3": hive_3, "hive_4": ask("hive_4"), "hive_4_by_hive_2": refused,
}))
spark.stop()
`;
