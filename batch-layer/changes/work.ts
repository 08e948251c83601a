/**
 * What a forgetting or a retention has to do in HBase, as a file of the change: it is there until all of it is
 * done, and goes with it.
 *
 * It is written before the change is declared; change.ts carries it out after that, as often as it takes. A
 * record of a change is kept for ever and names nobody; these rows are not.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { ForgottenEntry, ForgottenRecord } from '../../core/stores/forgotten/forgotten-rows.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { ChangeContext } from './context.ts';
import { changingFolder } from '../../core/layout/lake.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { openDuck, parquet, quoted } from '../../core/stores/lake/duckdb.ts';
import { openOwnFolder } from '../own-folder.ts';

const workFile = (change: number): string => `${changingFolder(change)}/_work.parquet`;

/** Columns of the table that it is written from; `is_listed`: it was published, so lists have it. */
export const WORK_TABLE = `CREATE TABLE forgotten (detection_oid BIGINT, kafka_partition INTEGER, kafka_offset BIGINT,
  arrival BIGINT, geographical_location_oid BIGINT, video_camera_oid BIGINT, timestamp_detected BIGINT,
  epoch BIGINT, is_listed BOOLEAN, is_in_force BOOLEAN)`;

export async function stageWork(context: ChangeContext, change: number, duck: Duck, folder: string): Promise<void> {
  const localFile = join(folder, 'work.parquet');
  await mkdir(folder, { recursive: true });
  await duck.run(`COPY (SELECT * FROM forgotten ORDER BY epoch, timestamp_detected) TO ${quoted(localFile)}
    (FORMAT parquet, COMPRESSION zstd)`);
  await context.hdfs.upload(localFile, workFile(change));
}

/** Returns the ids of the detections that the change takes out; none for other changes. */
export async function carryOutWork(context: ChangeContext, { change, kind }: ChangeRecord): Promise<Set<string>> {
  const ids = new Set<string>();
  if (kind === 'compact' || !(await context.hdfs.facts(workFile(change)))) return ids;
  const own = await openOwnFolder(context.settings.workFolder, `change-${randomUUID()}`);
  const localFile = join(own.path, 'work.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(own.path, 'spill') });
  try {
    await context.hdfs.download(workFile(change), localFile);
    let rows = 0;
    for await (const some of duck.batches(`SELECT * FROM ${parquet([localFile])}`)) {
      context.signal.throwIfAborted();
      await withRetry(COMMAND_RETRY, () => carryOutRows(context, some), { signal: context.signal });
      for (const row of some) ids.add(String(row.detection_oid));
      context.progressLine.update('forget', (rows += some.length), 'detections');
    }
    return ids;
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
