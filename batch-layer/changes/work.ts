/**
 * What a forgetting or a retention has to do in the store of rows, as files of the change: they are there until all of
 * it is done, and go with it.
 *
 * They are written before the change is declared; change.ts carries them out after that, as often as it takes. A record
 * of a change is kept for ever and names nobody; these rows are not. A forgetting is announced in the control row
 * before the first entry leaves, so that serving hides all of them at once (core/stores/control/forgetting-row.ts).
 * Before counts change, the grace passes from the announcement on: an answer that began before has ended, or notices.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { HourCell, HourRowName } from '../../core/domain/hour-counts.ts';
import type { NewestForgetting } from '../../core/stores/control/forgetting-row.ts';
import type { RecountedCell } from '../../core/stores/lake/recounted-cells.ts';
import { hourRowKey } from '../../core/domain/hour-counts.ts';
import { recountedCells } from '../../core/stores/lake/recounted-cells.ts';
import type { ForgottenEntry, ForgottenRecord, RecountedRow } from '../../core/stores/forgotten/forgotten-rows.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { ChangeContext } from './context.ts';
import { leavingFile, recountedFile } from '../../core/layout/lake.ts';
import { Retryable } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { openDuck, parquet, quoted } from '../../core/stores/lake/duckdb.ts';
import { openOwnFolder } from '../own-folder.ts';

/** The table that it is written from; `is_listed`: it was published, so lists have it, and an item that counts know. */
export const WORK_TABLE = `CREATE TABLE forgotten (detection_oid BIGINT, kafka_partition INTEGER, kafka_offset BIGINT,
  arrival BIGINT, geographical_location_oid BIGINT, video_camera_oid BIGINT, timestamp_detected BIGINT,
  epoch BIGINT, is_listed BOOLEAN, is_in_force BOOLEAN, item_name VARCHAR)`;

export async function stageWork(context: ChangeContext, change: number, duck: Duck, folder: string): Promise<void> {
  const localFile = join(folder, 'work.parquet');
  await mkdir(folder, { recursive: true });
  await duck.run(`COPY (SELECT * EXCLUDE (item_name) FROM forgotten ORDER BY epoch, timestamp_detected)
    TO ${quoted(localFile)} (FORMAT parquet, COMPRESSION zstd)`);
  await context.hdfs.upload(localFile, leavingFile(change));
}

/** From here on serving shows none of it. */
export async function announceWork(context: ChangeContext, record: ChangeRecord): Promise<void> {
  if (record.kind !== 'forget' || !(await context.hdfs.facts(leavingFile(record.change)))) return;
  const before = await context.control.forgetting(context.rules.generation);
  if (before?.change === record.change) return;
  const { change } = record;
  const countsChange = record.takes_counts === true ? change : (before?.countsChange ?? 0);
  await moveTo(context, before, { change, isUnderWay: true, countsChange, since: Date.now() as Instant });
}

export async function endWork(context: ChangeContext, { kind, change }: ChangeRecord): Promise<void> {
  const before = kind === 'forget' ? await context.control.forgetting(context.rules.generation) : null;
  if (before?.change === change && before.isUnderWay) await moveTo(context, before, { ...before, isUnderWay: false });
}

async function moveTo(
  { control, rules: { generation } }: ChangeContext,
  before: NewestForgetting | null,
  to: NewestForgetting,
): Promise<void> {
  if (await control.moveForgetting(generation, before, to)) return;
  // Moved, and the answer got lost; or another process finishes the same change.
  const now = await control.forgetting(generation);
  if (now?.change === to.change && now.isUnderWay === to.isUnderWay) return;
  throw new Retryable('control', 'The row of forgettings was moved by another process; run again');
}

/** Returns the ids of the detections that the change takes out; none for other changes. */
export async function carryOutWork(context: ChangeContext, { change, kind }: ChangeRecord): Promise<Set<string>> {
  const ids = new Set<string>();
  if (kind === 'compact') return ids;
  await withFile(context, leavingFile(change), async (duck, localFile) => {
    let rows = 0;
    for await (const some of duck.batches(`SELECT * FROM ${parquet([localFile])}`)) {
      context.signal.throwIfAborted();
      await withRetry(COMMAND_RETRY, () => carryOutRows(context, some), { signal: context.signal });
      for (const row of some) ids.add(String(row.detection_oid));
      context.progressLine.update('forget', (rows += some.length), 'detections');
    }
  });
  return ids;
}

const CELLS_AT_ONCE = 256;

/** Writes the cells of counts as they are to be; returns the places that lost some. */
export async function writeRecounted(context: ChangeContext, record: ChangeRecord): Promise<Set<string>> {
  const places = new Set<string>();
  if (record.takes_counts !== true) return places;
  await withFile(context, recountedFile(record.change), async (duck, localFile) => {
    await passGrace(context);
    for await (const cells of recountedCells(duck, localFile)) {
      for (let at = 0; at < cells.length; at += CELLS_AT_ONCE) {
        context.signal.throwIfAborted();
        const some = cells.slice(at, at + CELLS_AT_ONCE);
        await withRetry(COMMAND_RETRY, () => context.forgottenRows.recount(rowsOf(some)), { signal: context.signal });
        for (const { cell } of some) if (cell.location !== '') places.add(cell.location);
        await context.mayCrashAt('change_recounted_some');
      }
    }
  });
  return places;
}

function rowsOf(cells: readonly RecountedCell[]): RecountedRow[] {
  const rows = new Map<string, { name: HourRowName; cells: HourCell[] }>();
  for (const { name, cell } of cells) {
    const key = hourRowKey(name);
    const row = rows.get(key) ?? { name, cells: [] };
    rows.set(key, row);
    row.cells.push(cell);
  }
  return [...rows.values()];
}

/** An answer relies on what it read for half of the grace (core/domain/grace.ts); the other half is for slow clocks. */
async function passGrace({ control, rules, signal }: ChangeContext): Promise<void> {
  const { generation } = rules;
  const [horizon, forgetting] = [await control.horizon(generation), await control.forgetting(generation)];
  const leftMs = (forgetting?.since ?? 0) + (horizon?.graceMs ?? 0) - Date.now();
  if (leftMs > 0) await setTimeout(leftMs, undefined, { signal });
}

/** Does nothing if the change has no such file (any more). */
async function withFile(
  { hdfs, settings }: ChangeContext,
  path: string,
  work: (duck: Duck, localFile: string) => Promise<void>,
): Promise<void> {
  if (!(await hdfs.facts(path))) return;
  const own = await openOwnFolder(settings.workFolder, `change-${randomUUID()}`);
  const localFile = join(own.path, 'work.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(own.path, 'spill') });
  try {
    await hdfs.download(path, localFile);
    await work(duck, localFile);
  } finally {
    duck.close();
    await own.remove();
  }
}

/** Entries of lists first: what is left of a row has no place in a list. */
async function carryOutRows({ forgottenRows }: ChangeContext, rows: readonly Row[]): Promise<void> {
  const recordOf = (row: Row): ForgottenRecord => ({
    id: String(row.detection_oid) as Oid,
    partition: Number(row.kafka_partition),
    offset: Number(row.kafka_offset),
  });
  const entryOf = (row: Row): ForgottenEntry => ({
    id: String(row.detection_oid) as Oid,
    location: String(row.geographical_location_oid) as Oid,
    detectedAt: Number(row.timestamp_detected) as Instant,
    epoch: Number(row.epoch) as Epoch,
  });
  await forgottenRows.unlist(rows.filter(({ is_listed: isListed }) => isListed === true).map(entryOf));
  await forgottenRows.blank(rows.filter(({ is_in_force: isInForce }) => isInForce === true).map(recordOf));
  await forgottenRows.drop(rows.filter(({ is_in_force: isInForce }) => isInForce !== true).map(recordOf));
}
