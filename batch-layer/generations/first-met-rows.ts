/**
 * A rebuilt generation's first-met rows: those that can be in force for what lies beyond its horizon (laws L2, L6, L9).
 *
 * rebuild.ts calls it before the new generation's worker decides its first record: without these rows, every copy of
 * what was met before the horizon would be new to it. They come from the first-met files that the rebuild's own runs
 * published, so they are those of the new rules. Puts carry their arrival and may be repeated; an epoch that is written
 * in full is recorded, so that a rebuild that was killed goes on there.
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
import { epochsInForce, inForceSince } from './first-epoch.ts';
import { inLanes } from '../lake/lanes.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../lock/own-folder.ts';
import { publishedEpochs } from '../lake/published-epochs.ts';
import { horizonOf } from '../epochs/next-epochs.ts';

const PUTS_AT_ONCE = 3;
/** Least memory to read rows with: a vector of the longest names, in pages and as rows. */
const READ_MB = 256;

/** Writes what is not written yet; returns how many rows it wrote. */
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
      await fresh.reached('first_met_written');
    }
  } finally {
    duck.close();
    await own.remove();
  }
  return rows;
}

/**
 * Later horizons need no older rows, so an epoch that was written for an earlier one has all that a later one needs.
 */
async function writeEpoch(
  fresh: BatchContext,
  { duck, copies }: { duck: Duck; copies: LocalCopies },
  { epoch, since, before }: { epoch: Epoch; since: Instant; before: number },
): Promise<number> {
  const { rules, signal, say, detections } = fresh;
  let rows = before;
  for (const file of await publishedEpochs(fresh).metOf(epoch)) {
    const found = duck.batches(
      `SELECT ${namesOf(MET_COLUMNS)} FROM ${parquet([await copies.of(file)])} WHERE arrival >= ${since}`,
    );
    await inLanes(PUTS_AT_ONCE, found, async (some, failed) => {
      await withRetry(COMMAND_RETRY, () => detections.put(some.map((row) => firstMetOf(row, rules.logLife))), {
        signal: [signal, failed],
      });
      rows += some.length;
      say.progress('first-met rows', rows, `rows of ${nameOf(epoch, rules)} and before`);
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
