/** The same questions to DuckDB and Spark SQL over the same Parquet files, and whether the API says the same. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { LocationsAnswer, TimelineAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import type { LoadedDay } from './world.ts';
import { readConfig } from '../../core/process/config.ts';
import { sparkSubmit } from '../../core/process/spark-home.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { drawnPlace, QUESTIONS } from './questions.ts';

export interface Asked {
  readonly by: string;
  readonly name: string;
  readonly firstMs: number;
  readonly tookMs: readonly number[];
}

const TIMES = 20;
const SPARK_TIMES = 5;
const MEMORY_MB = 1_024;

async function opened<T>(work: (duck: Duck) => Promise<T>): Promise<T> {
  const duck = await openDuck({
    memoryMb: MEMORY_MB,
    threads: 2,
    spillFolder: join(tmpdir(), 'sightline-bench-spill'),
  });
  try {
    return await work(duck);
  } finally {
    duck.close();
  }
}

const tableOf = ({ files }: LoadedDay): string => `read_parquet([${files.map(quoted).join(', ')}])`;

export function askDuck(day: LoadedDay): Promise<Asked[]> {
  return opened(async (duck) => {
    const asked: Asked[] = [];
    for (const { name, sql } of QUESTIONS) {
      const tookMs: number[] = [];
      for (let time = 0; time <= TIMES; time++) {
        const began = performance.now();
        await duck.rows(sql(day, drawnPlace()).replace('{table}', tableOf(day)));
        tookMs.push(performance.now() - began);
      }
      asked.push({ by: 'DuckDB, 2 threads', name, firstMs: tookMs.shift()!, tookMs });
    }
    return asked;
  });
}

export const sparkProgram = (): string => resolve(sparkSubmit(readConfig()));

export async function askSpark(program: string, day: LoadedDay): Promise<Asked[]> {
  const questions = QUESTIONS.map(({ name, sql }) => ({ name, sql: sql(day, drawnPlace()) }));
  const given = JSON.stringify({ files: day.files, times: SPARK_TIMES, questions });
  // The scripts of an environment ask the first python3 where Spark is: it must be their own.
  const environment = {
    ...process.env,
    SPARK_LOCAL_IP: '127.0.0.1',
    PATH: `${dirname(program)}:${process.env.PATH ?? ''}`,
  };
  const script = join(import.meta.dirname, 'spark_questions.py');
  const { stdout } = await promisify(execFile)(program, ['--master', 'local[2]', script, given], {
    env: environment,
    timeout: 240_000,
    maxBuffer: 1 << 26,
  });
  const took = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number[]>;
  return QUESTIONS.map(({ name }) => {
    const [firstMs = NaN, ...tookMs] = took[name] ?? [];
    return { by: 'Spark SQL, local[2]', name, firstMs, tookMs };
  });
}

/** Throws where an answer of the published day is not DuckDB's. */
export function heldAgainstDuck(day: LoadedDay, ask: (path: string) => Promise<string>): Promise<string> {
  return opened(async (duck) => {
    const table = tableOf(day);
    for (const { name, path, sql } of QUESTIONS) {
      const place = drawnPlace();
      const expected = (await duck.rows(sql(day, place).replace('{table}', table))).map((row) =>
        Object.values(row).map(String).join(' = '),
      );
      const got = rowsOfAnswer(JSON.parse(await ask(path(day, place))) as Answer);
      if (got.join('\n') !== expected.join('\n'))
        throw new Error(
          `"${name}" differs from DuckDB: ${got.slice(0, 3).join(', ')} and ${expected.slice(0, 3).join(', ')}`,
        );
    }
    const [counted] = await duck.rows(`SELECT count(*) AS n, count(DISTINCT item_name) AS items,
      count(DISTINCT (geographical_location_oid, timestamp_detected // 60000)) AS cells FROM ${table}`);
    const { n, items, cells } = counted!;
    const all = JSON.parse(await ask(QUESTIONS[0]!.path(day, 1))) as TopItemsAnswer;
    if (all.total !== Number(n) || all.distinct_items !== Number(items))
      throw new Error(`${all.total} detections of ${all.distinct_items} items, DuckDB says ${n} and ${items}`);
    return `the published day: ${n} detections, ${items} different items, ${cells} different (place, minute); every answer equals DuckDB's`;
  });
}

type Answer = Partial<TopItemsAnswer> & Partial<LocationsAnswer> & Partial<TimelineAnswer>;

function rowsOfAnswer({ items, locations, points }: Answer): string[] {
  if (items) return items.map(({ item_name, count }) => `${item_name} = ${count}`);
  if (locations)
    return locations
      .filter(({ count }) => count > 0)
      .map((place) => `${place.geographical_location_oid} = ${place.count}`);
  return points!.filter(({ count }) => count > 0).map(({ t, count }) => `${t} = ${count}`);
}
