/**
 * Looks through the lake for what is to be forgotten: in detections, raw files, first-met files and files of conflicts.
 *
 * forget.ts calls it, for a plan and for the deed. Each file is fetched, looked through, and handed over with what was
 * found in it; only one is on this machine at a time. Detections come first, since they say which ids the rest must not
 * know either: a copy may say another camera than the first record of its id. Every raw file from the earliest possible
 * arrival up to the horizon is looked through, because a copy may come at any time.
 */
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { PublishedFile, RunReport } from '../../core/stores/lake/runs.ts';
import type { LocalCopies } from '../lake/local-copies.ts';
import type { BatchContext } from '../context.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { dateOf, DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import { conflictsFile, LAKE, MET } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { quoted } from '../../core/stores/lake/duckdb.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { inForceSince } from '../epochs/first-epoch.ts';
import { isWanted } from './wanted.ts';

/** `top_items`: with its counts (recount.ts). */
export type ForgottenTable = 'detections' | 'raw' | 'first_met' | 'conflicts' | 'top_items';
type SearchedTable = Exclude<ForgottenTable, 'top_items'>;

/** A file in which something was found. */
export interface FoundFile {
  readonly table: ForgottenTable;
  readonly file: PublishedFile;
  /** Manifests that name it. */
  readonly runs: readonly RunReport[];
  /** On this machine, until the next file is fetched. */
  readonly localFile: string;
  /** An SQL condition: true for the rows that go. */
  readonly condition: string;
  readonly rows: number;
}

export interface Search {
  readonly duck: Duck;
  readonly copies: LocalCopies;
  readonly order: ForgetOrder;
  readonly horizon: Horizon;
  /** Manifests that can name a file with such rows, oldest first. */
  readonly runs: readonly RunReport[];
}

const READS_AT_ONCE = 8;

/** The manifests that can name such rows: a camera's clock may be ahead, and copies come at any time. */
export async function runsToSearch(
  { hdfs, rules, signal }: BatchContext,
  order: ForgetOrder,
  horizon: Horizon,
): Promise<RunReport[]> {
  const earliest = order.by === 'detections' ? 0 : order.from - (order.from % HOUR_MS) - rules.clockAheadDays * DAY_MS;
  const first = Math.max(rules.firstEpoch, epochAt(earliest, rules));
  const runs: RunReport[] = [];
  for (let at = first; at <= horizon.epoch; at += READS_AT_ONCE) {
    signal.throwIfAborted();
    const length = Math.min(READS_AT_ONCE, horizon.epoch - at + 1);
    const names = Array.from({ length }, (_, i) => nameOf((at + i) as Epoch, rules));
    const some = await Promise.all(names.map((name) => readRun(hdfs, name)));
    const missing = names.find((_, i) => some[i] === null);
    if (missing !== undefined)
      throw new Refusal(EXIT.data_check_failed, `The manifest of epoch ${missing} is missing. Restore it from a copy.`);
    runs.push(...some.map((run) => run!));
  }
  return runs;
}

/** Yields every file in which something was found, after `forgotten` has its detections. */
export async function* findForgotten(context: BatchContext, search: Search): AsyncGenerator<FoundFile> {
  const { rules, progressLine, signal } = context;
  const { order, horizon, runs } = search;
  const naming = new Map<string, { file: PublishedFile; runs: RunReport[] }>();
  for (const run of runs)
    for (const file of run.files) {
      const known = naming.get(file.path) ?? { file, runs: [] };
      naming.set(file.path, known);
      known.runs.push(run);
    }
  const named = [...naming.values()];
  let done = 0;
  for (const table of ['detections', 'raw', 'first_met', 'conflicts'] as const) {
    for (const { file, runs: ofFile } of named.filter(({ file: { path } }) => isOf(table, path, order))) {
      signal.throwIfAborted();
      const localFile = await search.copies.fetch(file);
      const condition = conditionOf(table, order, inForceMs(rules));
      const rows = await countHits(search.duck, localFile, condition);
      const found = { table, file, runs: ofFile, localFile, condition, rows };
      if (rows > 0) await noteDetections(search.duck, found, { rules, horizon });
      if (rows > 0) yield found;
      await rm(localFile, { force: true });
      progressLine.update('forget', ++done, 'files looked through');
    }
  }
}

const HOUR = /\/detections\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\//;

function isOf(table: SearchedTable, path: string, order: ForgetOrder): boolean {
  if (table === 'raw') return path.startsWith(`${LAKE}/raw/`);
  if (table === 'first_met') return path.startsWith(`${MET}/`);
  if (table === 'conflicts') return path.startsWith(conflictsFile('x').slice(0, -'x.parquet'.length));
  const [, date, hour] = HOUR.exec(path) ?? [];
  if (date === undefined) return false;
  if (order.by === 'detections') return true;
  const startMs = Date.parse(`${date}T${hour}:00:00Z`);
  return date <= dateOf(order.to) && startMs < order.to && startMs + HOUR_MS > order.from;
}

/** A row of the same id within W is the same detection, whatever it says. */
function conditionOf(table: SearchedTable, order: ForgetOrder, inForce: number): string {
  const known = (arrival: string): string =>
    `EXISTS (SELECT 1 FROM forgotten f WHERE f.detection_oid = file.detection_oid
      AND abs(${arrival} - f.arrival) <= ${inForce})`;
  if (table === 'detections') return isWanted(order);
  if (table === 'raw')
    return `verdict IN ('detection', 'stray') AND ((${isWanted(order)}) OR ${known('file.arrival')})`;
  if (table === 'first_met')
    return `(${isWanted(order)}) OR EXISTS (SELECT 1 FROM forgotten f WHERE f.detection_oid = file.detection_oid
      AND f.kafka_partition = file.kafka_partition AND f.kafka_offset = file.kafka_offset)`;
  const first = isWanted(order, {
    ...{ id: 'detection_oid', location: 'first_location', camera: 'first_camera', time: 'first_time' },
  });
  return `(${isWanted(order)}) OR (${first}) OR EXISTS (SELECT 1 FROM forgotten f
    WHERE f.detection_oid = file.detection_oid)`;
}

/** What follows FROM in a query of a found file. */
export const rowsOfFile = (localFile: string): string =>
  `read_parquet(${quoted(localFile)}, file_row_number = true, hive_partitioning = false) AS file`;

async function countHits(duck: Duck, localFile: string, condition: string): Promise<number> {
  const [count] = await duck.rows(`SELECT COUNT(*) AS n FROM ${rowsOfFile(localFile)} WHERE ${condition}`);
  return Number(count!.n);
}

/** Adds what is found to the table `forgotten` (work.ts), each record once. */
async function noteDetections(
  duck: Duck,
  { table, localFile, condition }: FoundFile,
  { rules, horizon }: Pick<BatchContext, 'rules'> & Pick<Search, 'horizon'>,
): Promise<void> {
  if (table !== 'detections' && table !== 'first_met') return;
  const arrival = table === 'detections' ? 'epoch_ms(arrived_at)' : 'arrival';
  const epoch = `greatest(${rules.firstEpoch}, ${arrival} // ${rules.epochSeconds * 1_000})`;
  await duck.run(`INSERT INTO forgotten
    SELECT detection_oid, kafka_partition, kafka_offset, ${arrival} AS arrival, geographical_location_oid,
      video_camera_oid, timestamp_detected, ${epoch}, ${table === 'detections'},
      ${arrival} >= ${inForceSince(horizon.epoch, rules)}, ${table === 'detections' ? 'item_name' : 'NULL'}
    FROM ${rowsOfFile(localFile)} WHERE (${condition}) AND NOT EXISTS (SELECT 1 FROM forgotten f
      WHERE f.kafka_partition = file.kafka_partition AND f.kafka_offset = file.kafka_offset)`);
}

/** A folder for the rewritten file of this path. */
export const rewrittenIn = (folder: string, path: string): string => join(folder, 'rewritten', path);
