"""Reconciles one epoch in Spark: runs the statements of sql/ over the raw files and writes the files of the epoch.

spark-submit runs it with the path of a plan (plan.ts, Plan). It needs nothing but PySpark: no Python runs on executors.
It writes only below the staging folder that the plan names, so nobody reads what a dead job leaves. Spark chooses the
names of files; stage.ts gives them their final paths.
"""

import json
import math
import sys
from contextlib import closing

from pyspark.sql import DataFrame, SparkSession
from pyspark.storagelevel import StorageLevel

RECORD_COLUMNS = [
    *["kafka_partition", "kafka_offset", "arrival", "geographical_location_oid", "video_camera_oid", "detection_oid"],
    *["item_name", "timestamp_detected"],
]
DAY_OF_DEFERRED = """SELECT DISTINCT date_format(timestamp_millis(timestamp_detected), 'yyyy-MM-dd') AS dt
    FROM first_met WHERE is_deferred"""
BY_PLACE_AND_TIME = ["geographical_location_oid", "timestamp_detected", "detection_oid"]
BY_OFFSET = ["kafka_partition", "kafka_offset"]
# Ids and times differ in every row, so a dictionary would only make the file larger.
PLAIN_COLUMNS = ["detection_oid", "timestamp_detected", "detected_at", "arrived_at", "kafka_offset", "arrival"]
ROWS_PER_ROW_GROUP = 122_880


def main(plan_path: str) -> None:
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    spark = SparkSession.builder.appName(f"sightline {plan['epoch']}").getOrCreate()
    try:
        define_sources(spark, plan)
        for statement in plan["first_met_statements"]:
            define(spark, statement, cached=statement["makes"] in ("repeats", "first_met"))
        read_lake(spark, plan)
        for statement in plan["outcome_statements"]:
            define(spark, statement, cached=statement["makes"] == "known_deferred")
        write_outputs(spark, plan)
    finally:
        spark.stop()


def define(spark: SparkSession, statement: dict, cached: bool) -> None:
    frame = spark.sql(statement["sql"])
    if cached:
        frame = frame.persist(StorageLevel.MEMORY_AND_DISK)
    frame.createOrReplaceTempView(statement["makes"])


def define_sources(spark: SparkSession, plan: dict) -> None:
    raw = spark.read.parquet(*plan["raw"]).where("verdict = 'detection'")
    forwarded = f"COALESCE(exists(headers, h -> h.name = '{plan['stray_header']}'), FALSE) AS is_forwarded"
    raw.selectExpr(*RECORD_COLUMNS, forwarded).createOrReplaceTempView("records")
    earlier = spark.read.parquet(*plan["earlier"]) if plan["earlier"] else spark.createDataFrame([], plan["met_schema"])
    earlier.createOrReplaceTempView("earlier")
    spark.read.parquet(plan["locations"]).createOrReplaceTempView("locations")


def read_lake(spark: SparkSession, plan: dict) -> None:
    """Loads what is published for the dates of deferred detections. Usually there are none."""
    dates = [row.dt for row in spark.sql(DAY_OF_DEFERRED).collect()]
    folders = [folder for folder in (f"{plan['lake']}/dt={date}" for date in dates) if is_there(spark, folder)]
    if folders:
        lake = spark.read.option("basePath", plan["lake"]).parquet(*folders)
        lake = lake.select("detection_oid", "timestamp_detected")
    else:
        lake = spark.createDataFrame([], "detection_oid BIGINT, timestamp_detected BIGINT")
    lake.createOrReplaceTempView("lake")


def write_outputs(spark: SparkSession, plan: dict) -> None:
    rows = spark.sql("SELECT COUNT(*) AS n FROM first_met").first().n
    files = max(1, math.ceil(rows / plan["rows_per_file"]))
    detections = spark.sql(plan["detections_file"]).selectExpr(
        "*", "date_format(detected_at, 'yyyy-MM-dd') AS dt", "date_format(detected_at, 'HH') AS hour"
    )
    by_hour = in_order(detections, files, ["dt", "hour", *BY_PLACE_AND_TIME])
    write(plan, "detections", by_hour, folders=["dt", "hour"], bloom="detection_oid")
    date = "date_format(timestamp_millis(day), 'yyyy-MM-dd') AS dt"
    top_items = spark.sql(plan["top_items_file"]).selectExpr(date, "* EXCEPT (day)")
    rank = ["dt", "hour", "geographical_location_oid", top_items.detections.desc(), "item_name"]
    ranked = top_items.orderBy(*rank).coalesce(1)
    write(plan, "top_items", ranked, folders=["dt"])
    write(plan, "met", in_order(spark.table("met"), files, BY_OFFSET))
    write(plan, "conflicts", in_order(spark.table("conflicts"), 1, BY_OFFSET))
    for relation in plan["report_relations"]:
        write(plan, relation, spark.table(relation).coalesce(1))
    add_metadata(spark, plan)


def in_order(frame: DataFrame, files: int, columns: list[str]) -> DataFrame:
    spread = frame.coalesce(1) if files == 1 else frame.repartitionByRange(files, *columns)
    return spread.sortWithinPartitions(*columns)


def write(plan: dict, name: str, frame: DataFrame, folders: tuple | list = (), bloom: str | None = None) -> None:
    writer = frame.write.option("compression", "zstd").option("parquet.compression.codec.zstd.level", 3)
    writer = writer.option("parquet.block.row.count.limit", ROWS_PER_ROW_GROUP)
    writer = writer.option("maxRecordsPerFile", plan["rows_per_file"])
    for column in set(frame.columns).intersection(PLAIN_COLUMNS):
        writer = writer.option(f"parquet.enable.dictionary#{column}", "false")
    if bloom:
        writer = writer.option(f"parquet.bloom.filter.enabled#{bloom}", "true")
        writer = writer.option(f"parquet.bloom.filter.expected.ndv#{bloom}", ROWS_PER_ROW_GROUP)
    if folders:
        writer = writer.partitionBy(*folders)
    writer.parquet(f"{plan['out']}/{name}")


def file_system(spark: SparkSession, uri: str):
    path = spark._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def is_there(spark: SparkSession, uri: str) -> bool:
    fs, path = file_system(spark, uri)
    return fs.exists(path)


def add_metadata(spark: SparkSession, plan: dict) -> None:
    """Adds version, epoch and offsets to every file. Spark's writer cannot, so a second footer follows its own."""
    fs, out = file_system(spark, plan["out"])
    listing = fs.listFiles(out, True)
    while listing.hasNext():
        status = listing.next()
        if status.getPath().getName().endswith(".parquet"):
            append_footer(spark, fs, status, plan["metadata"])


def append_footer(spark: SparkSession, fs, status, metadata: dict) -> None:
    """A Parquet file ends with footer, length of the footer, PAR1. Offsets in the footer count from its beginning."""
    parquet = spark._jvm.org.apache.parquet.format
    length = status.getLen()
    with closing(fs.open(status.getPath())) as source:
        source.seek(length - 8)
        footer_bytes = int.from_bytes(bytes(source.read() for _ in range(4)), "little")
        source.seek(length - 8 - footer_bytes)
        footer = parquet.Util.readFileMetaData(source)
    for name, value in metadata.items():
        entry = parquet.KeyValue(name)
        entry.setValue(value)
        footer.addToKey_value_metadata(entry)
    with closing(fs.append(status.getPath())) as target:
        begin = target.getPos()
        parquet.Util.writeFileMetaData(footer, target)
        size = target.getPos() - begin
        target.write(bytearray(size.to_bytes(4, "little") + b"PAR1"))


if __name__ == "__main__":
    main(sys.argv[1])
