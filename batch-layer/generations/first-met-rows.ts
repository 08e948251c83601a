/**
 * Writes the first-met rows of a rebuilt generation: those that can be in force for records after its horizon (laws L2,
 * L6, L9).
 *
 * rebuild.ts calls it before the worker of the new generation reads its first record: without these rows, the worker
 * would count every copy of an earlier record as new. The rows come from the first-met files that the rebuild
 * published, so they follow the new rules. Each put carries its arrival as timestamp and may be repeated. An epoch
 * whose rows are all written is recorded, so that the next rebuild goes on after it if this one is killed.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { BatchContext } from '../context.ts';
import type { LocalCopies } from '../lake/local-copies.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { MET_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { epochsInForce, inForceSince } from '../epochs/first-epoch.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../own-folder.ts';
import { publishedEpochs } from '../lake/published-epochs.ts';
import { horizonOf } from '../epochs/next-epochs.ts';

const PUTS_AT_ONCE = 3;
/** The least memory to read rows: a vector of the longest names, as pages and as rows. */
const READ_MB = 256;

/** Writes the rows that are not written yet; returns how many. */
export async function writeFirstMet(fresh: BatchContext): Promise<number> {
  const { control, rules, settings } = fresh;
  const horizon = (await horizonOf(fresh))!.epoch;
  const epochs = epochsInForce(horizon, rules);
  const isWritten = await control.firstMetWritten(rules.generation, epochs);
  const own = await openOwnFolder(settings.workFolder, `first-met-${randomUUID()}`);
  const duck = await openDuck({
    memoryMb: Math.max(READ_MB, settings.memoryMb / 4),
    threads: 1,
    spillFolder: join(own.path, 'spill'),
  });
  const copies = localCopies(fresh.hdfs, { shared: join(settings.workFolder, 'copies'), own: own.path, keeps: false });
  let rows = 0;
  try {
    for (const epoch of epochs.filter((_, i) => !isWritten[i])) {
      rows = await writeEpoch(fresh, { duck, copies }, { epoch, since: inForceSince(horizon, rules), before: rows });
      await control.putFirstMetWritten(rules.generation, epoch);
      await fresh.mayCrashAt('first_met_written');
    }
  } finally {
    duck.close();
    await own.remove();
  }
  return rows;
}

/**
 * A later horizon needs no older rows, so an epoch that was written for an earlier horizon is not written again.
 */
async function writeEpoch(
  fresh: BatchContext,
  { duck, copies }: { duck: Duck; copies: LocalCopies },
  { epoch, since, before }: { epoch: Epoch; since: Instant; before: number },
): Promise<number> {
  const { rules, signal, progressLine, detections } = fresh;
  let rows = before;
  for (const file of await publishedEpochs(fresh).firstMetOf(epoch)) {
    const chunks = duck.batches(
      `SELECT ${namesOf(MET_COLUMNS)} FROM ${parquet([await copies.fetch(file)])} WHERE arrival >= ${since}`,
    );
    await inLanes(PUTS_AT_ONCE, chunks, async (chunk, failed) => {
      const put = (): Promise<void> => detections.put(chunk.map((row) => firstMetOf(row, rules.logLife)));
      await withRetry(COMMAND_RETRY, put, { signal: [signal, failed] });
      rows += chunk.length;
      progressLine.update('first-met rows', rows, `rows of ${nameOf(epoch, rules)} and before`);
    });
  }
  return rows;
}

function firstMetOf(row: Row, logLife: number): FirstMet {
  return {
    logLife,
    partition: Number(row.kafka_partition),
    offset: Number(row.kafka_offset),
    arrival: Number(row.arrival) as Instant,
    detection: {
      id: String(row.detection_oid) as Oid,
      location: String(row.geographical_location_oid) as Oid,
      camera: String(row.video_camera_oid) as Oid,
      item: String(row.item_name),
      detectedAt: Number(row.timestamp_detected) as Instant,
    },
  };
}
