/** The lake on the Data page: a calendar of ninety days, and lines of Python that read the days that are ticked. */
import type { LakeAnswer } from '../../serving/answers.ts';

export type LakeDay = LakeAnswer['days'][number];

const DAY_MS = 86_400_000;
const CALENDAR_DAYS = 90;

interface CalendarCell {
  readonly date: string;
  readonly day: LakeDay | null;
  /** 0 (nothing) to 4, by the square root of its share of the fullest day. */
  readonly level: number;
}

/** The last ninety days, oldest first. */
export function calendarOf(days: readonly LakeDay[], now: number): CalendarCell[] {
  const byDate = new Map(days.map((day) => [day.date, day]));
  const most = Math.max(1, ...days.map(({ rows }) => rows));
  const today = Math.floor(now / DAY_MS);
  return Array.from({ length: CALENDAR_DAYS }, (_, index) => {
    const date = new Date((today - CALENDAR_DAYS + 1 + index) * DAY_MS).toISOString().slice(0, 10);
    const day = byDate.get(date) ?? null;
    return { date, day, level: day && day.rows > 0 ? Math.max(1, Math.ceil(Math.sqrt(day.rows / most) * 4)) : 0 };
  });
}

export const READERS = ['pandas', 'DuckDB', 'Spark'] as const;
export type Reader = (typeof READERS)[number];

/** A few lines of Python that read these days, with this lake's own root. */
export function linesFor(
  reader: Reader,
  { root, webhdfs }: Pick<LakeAnswer, 'root' | 'webhdfs'>,
  days: readonly string[],
): string {
  const { hostname, port } = new URL(webhdfs);
  const folder = `webhdfs://${hostname}:${port}${root}/detections`;
  const list = days.map((day) => JSON.stringify(day)).join(', ');
  switch (reader) {
    case 'pandas':
      return [
        'import pandas as pd',
        '',
        'detections = pd.read_parquet(',
        `    "${folder}",`,
        `    filters=[("dt", "in", [${list}])],`,
        ')',
      ].join('\n');
    case 'DuckDB':
      return [
        'import duckdb, fsspec',
        '',
        `duckdb.register_filesystem(fsspec.filesystem("webhdfs", host="${hostname}", port=${port}))`,
        'duckdb.sql("""',
        '    SELECT geographical_location, item_name, count(*) AS n',
        `    FROM read_parquet('webhdfs://${root}/detections/*/*/*.parquet', hive_partitioning = true)`,
        `    WHERE dt IN (${days.map((day) => `DATE '${day}'`).join(', ')})`,
        '    GROUP BY ALL ORDER BY n DESC',
        '""")',
      ].join('\n');
    case 'Spark':
      return [
        'from pyspark.sql import SparkSession',
        '',
        'spark = SparkSession.builder.getOrCreate()',
        `detections = spark.read.parquet("${folder}")`,
        `detections.where(detections.dt.isin(${list})).groupBy("item_name").count().show()`,
      ].join('\n');
  }
}

/** The first instant of a UTC day, and of the day after. */
export function dayBounds(date: string): { from: number; to: number } {
  const from = Date.parse(`${date}T00:00Z`);
  return { from, to: from + DAY_MS };
}
