"""Asks Spark SQL the questions of bench/serving, given as JSON, and prints how long each took in milliseconds, one JSON line."""

import json
import sys
import time

from pyspark.sql import SparkSession

given = json.loads(sys.argv[1])
spark = SparkSession.builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
spark.read.parquet(*given["files"]).createOrReplaceTempView("day")
took = {}
for question in given["questions"]:
    sql = question["sql"].replace("{table}", "day")
    took[question["name"]] = []
    for _ in range(given["times"] + 1):
        began = time.perf_counter()
        spark.sql(sql).collect()
        took[question["name"]].append((time.perf_counter() - began) * 1000)
print(json.dumps(took))
