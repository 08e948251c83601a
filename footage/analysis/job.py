"""Analyses the footage of some epochs in Spark: one row per frame or film, decoded in the executors' JVM.

spark-submit runs it with the path of a plan (plan.ts, AnalysisPlan) and the jar of java/. No Python runs on executors.
Settled files are found by listing their folders, packed frames by the indexes of their packs. Both give a path, an
offset and a length, and the same function reads them. The job writes only below the staging folder of the plan.
"""

import json
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col
from pyspark.storagelevel import StorageLevel

NAMED = "STRUCT<name: STRING, bytes: BIGINT>"
FACTS = (
    "STRUCT<width: INT, height: INT, brightness: DOUBLE, sharpness: DOUBLE, perceptual_hash: STRING, "
    "duration_ms: BIGINT, frame_rate: DOUBLE, fault: STRING>"
)
FACT_NAMES = "width, height, brightness, sharpness, perceptual_hash, duration_ms, frame_rate, fault"
INDEX = (
    "frames ARRAY<STRUCT<taken_at: BIGINT, detection_oid: STRING, kind: STRING, sha256: STRING, offset: BIGINT, "
    "bytes: BIGINT>>"
)
IDENTITY = ["video_camera_oid", "taken_ms", "detection_oid", "kind", "sha256"]
#: 142233.001_9001_6f1e….jpg: time of the day in UTC, detection or none, SHA-256, kind.
SETTLED = """SELECT bigint(camera) AS video_camera_oid,
    unix_millis(to_timestamp(dt)) + 3600000L * int(substr(name, 1, 2)) + 60000L * int(substr(name, 3, 2))
      + 1000L * int(substr(name, 5, 2)) + int(substr(name, 8, 3)) AS taken_ms,
    bigint(nullif(split(name, '_')[1], 'none')) AS detection_oid,
    split(name, '[.]')[2] AS kind, substr(split(name, '_')[2], 1, 64) AS sha256,
    concat(url, '/', name) AS url, 0L AS offset, bytes
  FROM named"""
PACKED = """SELECT bigint(camera) AS video_camera_oid, frame.taken_at AS taken_ms,
    bigint(frame.detection_oid) AS detection_oid, frame.kind, frame.sha256, url, frame.offset, frame.bytes
  FROM packs LATERAL VIEW explode(from_json(read_text(index_url), '{index}').frames) AS frame"""
FRAMES_A_TASK = 500
MOST_LISTINGS = 64
MOST_WRITERS = 32
ROWS_PER_ROW_GROUP = 122_880


def main(plan_path: str) -> None:
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    spark = SparkSession.builder.appName("sightline footage").getOrCreate()
    try:
        define_functions(spark)
        files = files_of(spark, plan).persist(StorageLevel.MEMORY_AND_DISK)
        write_facts(facts_of(spark, files), plan)
        write_seen(spark, plan)
    finally:
        spark.stop()


def define_functions(spark: SparkSession) -> None:
    functions = {
        "list_folder": ("ListFolder", f"ARRAY<{NAMED}>"),
        "read_text": ("ReadText", "STRING"),
        "read_facts": ("ReadFacts", f"ARRAY<{FACTS}>"),
    }
    for name, (java_class, returns) in functions.items():
        spark.udf.registerJavaFunction(name, f"sightline.footage.{java_class}", returns)


def files_of(spark: SparkSession, plan: dict) -> DataFrame:
    """Each file of the epochs once, though a frame that is being packed is in both forms."""
    folders = spark.createDataFrame(plan["folders"], "camera STRING, dt STRING, url STRING, first STRING, last STRING")
    spread(folders, plan["folders"]).createOrReplaceTempView("folders")
    spark.sql(
        "SELECT camera, dt, url, file.* FROM folders LATERAL VIEW explode(list_folder(url, first, last)) AS file"
    ).where(col("name").rlike(plan["name_pattern"])).createOrReplaceTempView("named")
    packs = spark.createDataFrame(plan["packs"], "camera STRING, url STRING, index_url STRING")
    spread(packs, plan["packs"]).createOrReplaceTempView("packs")
    files = spark.sql(SETTLED).unionByName(spark.sql(PACKED.format(index=INDEX))).dropDuplicates(IDENTITY)
    epochs = spark.createDataFrame(plan["epochs"], "number BIGINT, epoch STRING")
    epoch_of_file = files.selectExpr("*", f"taken_ms div {plan['epoch_ms']} AS number")
    return epoch_of_file.join(epochs.hint("broadcast"), "number").drop("number")


def spread(frame: DataFrame, rows: list) -> DataFrame:
    """Over several tasks: a row is a folder or a pack to read."""
    return frame.repartition(max(1, min(len(rows), MOST_LISTINGS)))


def facts_of(spark: SparkSession, files: DataFrame) -> DataFrame:
    """Names are a few bytes and frames many: so the number of tasks follows the number of files, never their size."""
    count = files.count()
    tasks = max(spark.sparkContext.defaultParallelism, count // FRAMES_A_TASK)
    files.repartition(tasks, "sha256").createOrReplaceTempView("files")
    # A generator calls its function once a row, however many fields of the answer are read.
    return spark.sql(
        f"""SELECT epoch, video_camera_oid, timestamp_millis(taken_ms) AS taken_at, detection_oid, kind, sha256, bytes,
              {FACT_NAMES}
            FROM files LATERAL VIEW inline(read_facts(url, offset, bytes, kind)) AS {FACT_NAMES}"""
    )


def write_facts(facts: DataFrame, plan: dict) -> None:
    """One file an epoch, in the folder epoch=<epoch>: all rows of an epoch are in one task."""
    order = ["epoch", "video_camera_oid", "taken_at", "sha256", "detection_oid", "kind"]
    tasks = min(len(plan["epochs"]), MOST_WRITERS)
    sorted_facts = facts.repartition(tasks, "epoch").sortWithinPartitions(*order)
    writer = sorted_facts.write.option("compression", "zstd").option("parquet.compression.codec.zstd.level", 3)
    writer = writer.option("parquet.block.row.count.limit", ROWS_PER_ROW_GROUP)
    for column in ["taken_at", "detection_oid", "sha256"]:
        writer = writer.option(f"parquet.enable.dictionary#{column}", "false")
    writer.partitionBy("epoch").parquet(f"{plan['out']}/facts")


def write_seen(spark: SparkSession, plan: dict) -> None:
    """Which cameras have detections in the hours of the epochs, and the place that the latest one names."""
    if not plan["detections"]:
        return
    lake = spark.read.option("basePath", plan["lake"]).parquet(*plan["detections"])
    latest = "max_by(geographical_location_oid, struct(timestamp_detected, detection_oid))"
    hour = "timestamp_detected div 3600000 * 3600000"
    lake.createOrReplaceTempView("lake")
    seen = spark.sql(
        f"""SELECT video_camera_oid, {hour} AS hour_ms, {latest} AS geographical_location_oid, count(*) AS detections
            FROM lake GROUP BY video_camera_oid, {hour}"""
    )
    seen.coalesce(1).write.option("compression", "zstd").parquet(f"{plan['out']}/seen")


if __name__ == "__main__":
    main(sys.argv[1])
