/**
 * The questions of bench/serving, each as a path of the API and as the SQL that asks the same of the Parquet files.
 *
 * `{table}` stands for the files. Both take the window to the minute; a place is drawn anew for each question.
 */
import { MINUTE_MS } from '../../core/domain/time.ts';
import { PLACES } from './world.ts';

export interface Question {
  readonly name: string;
  path(window: { from: number; to: number }, place: number): string;
  sql(window: { from: number; to: number }, place: number): string;
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'top items, all places',
    path: (w) => `/api/v1/top-items?${windowOf(w)}`,
    sql: (w) => topItems(within(w)),
  },
  {
    name: 'top items, one place',
    path: (w, place) => `/api/v1/top-items?${windowOf(w)}&location=${place}`,
    sql: (w, place) => topItems(`${within(w)} AND geographical_location_oid = ${place}`),
  },
  {
    name: 'locations',
    path: (w) => `/api/v1/locations?${windowOf(w)}`,
    sql: (w) =>
      `SELECT geographical_location_oid, count(*) AS n FROM {table} WHERE ${within(w)} GROUP BY ALL ORDER BY n DESC, 1`,
  },
  {
    name: 'timeline, all places',
    path: (w) => `/api/v1/timeline?${windowOf(w)}&step=60`,
    sql: (w) => timeline(within(w)),
  },
  {
    name: 'timeline, one place',
    path: (w, place) => `/api/v1/timeline?${windowOf(w)}&step=60&location=${place}`,
    sql: (w, place) => timeline(`${within(w)} AND geographical_location_oid = ${place}`),
  },
];

export function drawnPlace(): number {
  return 1 + Math.floor(Math.random() ** 2 * PLACES);
}

const windowOf = ({ from, to }: { from: number; to: number }): string => `from=${from}&to=${to}`;
const within = ({ from, to }: { from: number; to: number }): string =>
  `timestamp_detected >= ${from} AND timestamp_detected < ${to}`;
const topItems = (where: string): string =>
  `SELECT item_name, count(*) AS n FROM {table} WHERE ${where} GROUP BY item_name ORDER BY n DESC, item_name LIMIT 10`;
const timeline = (where: string): string =>
  `SELECT timestamp_detected - timestamp_detected % ${MINUTE_MS} AS t, count(*) AS n FROM {table} WHERE ${where} GROUP BY 1 ORDER BY t`;
