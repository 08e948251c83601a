/**
 * Archive: writes every record of an epoch into raw files, and finds the offset at which each partition is cut (laws
 * L5, L7, L10).
 *
 * prepare.ts and archive-now.ts say where the epoch starts; reconcile.ts reads the files. The cut of a partition is the
 * first delivered record whose arrival is not before the epoch's end, so it is a fact of the log. Where a partition is
 * quiet, ticks.ts appends one tick after the epoch's end, and that tick becomes the record. Reading stops before a
 * stamp that is ahead of the clock (cut.ts). Files are written one at a time while reading goes on, so memory holds a
 * few files, however large the epoch or a record is.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { Archive, EpochStart } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { JournalFile } from './journal.ts';
import type { LogCheck } from './log-check.ts';
import type { ArchiveJob, PartitionReading } from './partition-reading.ts';
import type { RawLimits } from './raw-file.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { archiveGate, heldPartitionsOf, refuseHeld } from './held-partitions.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { logCheck } from './log-check.ts';
import { archivedPartition, newReading, readPartition, resumeAfter } from './partition-reading.ts';
import { rawLimitsFor } from './raw-file.ts';
import { rawFileQueue } from './raw-file-queue.ts';
import { tickUntilCut } from './ticks.ts';

interface ArchiveOptions {
  readonly folder: string;
  /** False: nothing is appended to the log, and the cut of a quiet partition is the log's present end. */
  readonly appendsTicks: boolean;
  /** True: this reading records no stamp that other readers would use. */
  readonly isDryRun?: boolean;
  /** Files of the epoch that were archived before: reading goes on after them. */
  readonly earlyFiles?: readonly JournalFile[];
  /** Partitions that are not read. */
  readonly skippedPartitions?: readonly number[];
  /** Bounds of one raw file; without them the memory of the process decides. */
  readonly limits?: RawLimits;
  readonly tickLimitMs?: number;
}

/** One partition is read while the other waits for its first records. */
const PARTITIONS_AT_ONCE = 2;
const TICK_LIMIT_MS = 60_000;

export async function archive(
  batch: BatchContext,
  duck: Duck,
  start: EpochStart,
  options: ArchiveOptions,
): Promise<Archive> {
  const isDryRun = options.isDryRun === true;
  const check = logCheck(batch);
  await check.run();
  const context = { ...batch, reader: check.wrap(batch.reader), stamps: archiveGate(batch, isDryRun) };
  const readings = start.firsts.map((first, partition) => newReading(partition, first, start.arrivals[partition]!));
  for (const file of options.earlyFiles ?? []) resumeAfter(readings[file.partition]!, file);
  const waiting = await checkLogHolds(context, check, start.epoch, readings);
  const files = rawFileQueue({
    epoch: nameOf(start.epoch, context.rules),
    logLife: context.rules.logLife,
    folder: options.folder,
    limits: options.limits ?? rawLimitsFor(context.settings.memoryMb),
    waiting,
  });
  try {
    await readAll({ context, duck, epoch: start.epoch, files }, readings, options);
    await check.run();
    return archiveOf(readings, await files.finish());
  } finally {
    await files.close();
  }
}

/** Reads every partition to its cut; without ticks a quiet partition is read to the log's present end. */
async function readAll(
  job: ArchiveJob,
  readings: readonly PartitionReading[],
  { appendsTicks, isDryRun, skippedPartitions, tickLimitMs = TICK_LIMIT_MS }: ArchiveOptions,
): Promise<void> {
  const unskipped = readings.filter(({ partition }) => !skippedPartitions?.includes(partition));
  await inLanes(PARTITIONS_AT_ONCE, unskipped, (reading) => readPartition(job, reading));
  const quiet = readings.filter(({ isCut }) => !isCut);
  if (appendsTicks || isDryRun === true) refuseHeld(job.context, quiet);
  if (appendsTicks && quiet.length > 0) await tickUntilCut(job, quiet, tickLimitMs);
}

function archiveOf(readings: readonly PartitionReading[], files: Archive['files']): Archive {
  for (const reading of readings) if (!reading.isCut) reading.cut = reading.next;
  const uncut = readings.filter(({ isCut }) => !isCut);
  return {
    partitions: readings.map(archivedPartition),
    files,
    uncutPartitions: uncut.map(({ partition }) => partition),
    heldPartitions: heldPartitionsOf(uncut),
  };
}

/** Returns how many records may wait in the log; it counts those after the epoch's end too. */
async function checkLogHolds(
  context: BatchContext,
  check: LogCheck,
  epoch: Epoch,
  readings: readonly PartitionReading[],
): Promise<number> {
  let waiting = 0;
  const behind: PartitionReading[] = [];
  for (const { partition, low, high } of await context.admin.ends()) {
    const first = readings[partition]?.next;
    if (first === undefined) continue;
    waiting += high - first;
    if (high > first) behind.push(readings[partition]!);
    if (low <= first && first <= high) continue;
    throw new Refusal(
      EXIT.data_check_failed,
      `Partition ${partition} of the log holds offsets ${low} to ${high}, but the next one to archive is ${first}. ` +
        (first < low
          ? 'Kafka deleted records before they were archived: restore them from a copy of the log, or begin anew, ' +
            'and raise KAFKA_RETENTION_HOURS.'
          : 'The log has lost records that Kafka had acknowledged: restore the log from a copy, or begin anew.'),
    );
  }
  check.warnOfExpiry(epoch, behind);
  return waiting;
}
