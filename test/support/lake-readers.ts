/**
 * What pandas and others find in the lake: the same columns, types and rows, whoever reads. Spark is in
 * spark-readers.ts.
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

/** By pandas and pyarrow alone: of a folder on this machine, one file of it, and the folder's URL. */
export const BY_PANDAS = `
import json, pathlib, sys
import pandas as pd
import pyarrow.parquet as pq
folder, one_file, url = sys.argv[1:4]
frame = pd.read_parquet(folder)
remote = pd.read_parquet(url)
schema = pq.read_schema(one_file)
meta = pq.read_metadata(one_file)
lone = pd.read_parquet(one_file)
by_epoch = {}
for file in pathlib.Path(folder).rglob("*.parquet"):
    by_epoch.setdefault(file.name.rsplit("-", 1)[0], []).append(file)
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
    "by_epoch": {epoch: sorted(str(i) for file in files for i in pq.read_table(file, columns=["detection_oid"], partitioning=None)["detection_oid"].to_pylist())
                 for epoch, files in by_epoch.items()},
    "lone_ids": [str(i) for i in lone["detection_oid"]],
    "times_agree": bool((frame["detected_at"].astype("int64") // (10 ** (9 if frame["detected_at"].dt.unit == "ns" else 6) // 1000) == frame["timestamp_detected"]).all()),
}))
`;

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

/** Behind the lines for pyiceberg: what it finds in the table. */
export const BY_PYICEBERG = `
import json
ids = lambda found: sorted(str(id) for id in found["detection_oid"].to_pylist())
tags = [name for name in table.metadata.refs if name != "main"]
print(json.dumps({
    "items": {name: int(n) for name, n in day.groupby("item_name").size().items()},
    "columns": then.column_names,
    "whole": ids(table.scan().to_arrow()),
    "then": ids(then),
    "as_of": {tag: ids(table.scan(snapshot_id=table.snapshot_by_name(tag).snapshot_id).to_arrow()) for tag in tags},
}))
`;
