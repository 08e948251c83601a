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
import type { RawLimits, RawWriter } from './raw-file.ts';
import { endOf, nameOf } from '../../core/domain/epoch.ts';
import { classify } from '../../core/domain/verdict.ts';
import { rawFile } from '../../core/layout/lake.ts';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';
import { readToCut } from './cut.ts';
import { archiveGate, heldPartitionsOf, refuseHeld } from './held-partitions.ts';
import { inLanes } from '../lake/lanes.ts';
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
  const job = { context, duck, epoch: start.epoch, files };
  const unskipped = readings.filter(({ partition }) => !options.skippedPartitions?.includes(partition));
  await inLanes(PARTITIONS_AT_ONCE, unskipped, (reading) => readPartition(job, reading));
  const quiet = readings.filter(({ isCut }) => !isCut);
  if (options.appendsTicks || isDryRun) refuseHeld(context, quiet);
  if (options.appendsTicks && quiet.length > 0) await tickUntilCut(job, quiet, options.tickLimitMs ?? TICK_LIMIT_MS);
  await check.run();
  for (const reading of readings) if (!reading.isCut) reading.cut = reading.next;
  const uncut = readings.filter(({ isCut }) => !isCut);
  return {
    partitions: readings.map(archivedPartition),
    files: await files.finish(),
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

function readingOf(partition: number, first: number, arrival: Instant): Reading {
  return {
    ...{ partition, first, cut: first, arrival, records: 0, verdicts: { ...NO_VERDICTS }, deadLettersByReason: {} },
    ...{ next: first, from: first, inFile: nothing(), isCut: false, held: null, sawTick: false, writer: null },
  };
}

const NO_VERDICTS = { tick: 0, dead_letter: 0, stray: 0, detection: 0 };
const nothing = (): Reading['inFile'] => ({ verdicts: { ...NO_VERDICTS }, deadLettersByReason: {} });

function goOnBehind(reading: Reading, file: JournalFile): void {
  reading.records += file.rows;
  reading.arrival = file.arrival as Instant;
  reading.next = reading.from = file.next;
  for (const [verdict, count] of Object.entries(file.verdicts)) countIn(reading.verdicts, verdict, count);
  for (const [reason, count] of Object.entries(file.dead_letters_by_reason))
    countIn(reading.deadLettersByReason, reason, count);
}

function countIn(counts: Record<string, number>, what: string, more = 1): void {
  counts[what] = (counts[what] ?? 0) + more;
}

function partitionOf(reading: Reading): ArchivedPartition {
  const { partition, first, cut, arrival, records, verdicts, deadLettersByReason } = reading;
  return {
    partition,
    first,
    cut,
    arrival,
    records,
    verdicts: verdicts as ArchivedPartition['verdicts'],
    deadLettersByReason,
  };
}

// ---- reading -------------------------------------------------------------------------------------------------------

/** Reads a partition on, to its cut or to its end as it is. */
async function readOn(
  context: ArchiveContext,
  duck: Duck,
  seam: EpochStart,
  reading: Reading,
  files: FileLine,
): Promise<void> {
  const end = endOf(seam.epoch, context.rules);
  reading.held = null;
  for await (const { taken, delivered, next, endsWith, ahead } of readToCut(end, reading, context)) {
    for (const { record, arrival } of taken) {
      reading.arrival = arrival;
      reading.writer ??= await rawWriter(duck, reading.partition, files.limits);
      take(context, reading, reading.writer, record, arrival);
      if (reading.writer.isFull) await close(reading, files, record.offset + 1);
    }
    reading.next = next;
    if (endsWith === 'cut') [reading.isCut, reading.cut] = [true, next];
    if (ahead !== null) reading.held = { partition: reading.partition, offset: next, stamp: ahead };
    context.say.progress('archive', files.counted(delivered), 'records', files.waiting);
  }
  await close(reading, files, reading.next);
}

function take(context: BatchContext, reading: Reading, writer: RawWriter, record: LogRecord, arrival: Instant): void {
  const verdict = classify(record, arrival, context.rules);
  writer.append(record, arrival, verdict);
  reading.records += 1;
  for (const counts of [reading, reading.inFile]) {
    countIn(counts.verdicts, verdict.kind);
    if (verdict.kind === 'dead_letter') countIn(counts.deadLettersByReason, verdict.deadLetter.reason);
  }
  if (verdict.kind === 'tick') reading.sawTick = true;
}

async function close(reading: Reading, files: FileLine, next: number): Promise<void> {
  const { writer, partition, from, arrival, inFile } = reading;
  if (!writer) return;
  await files.finish(writer, {
    partition,
    from,
    next,
    arrival,
    ...(inFile as Pick<RawPart, 'verdicts' | 'deadLettersByReason'>),
  });
  reading.writer = null;
  reading.from = next;
  reading.inFile = nothing();
}

// ---- quiet partitions ----------------------------------------------------------------------------------------------

async function tickUntilCut(
  context: ArchiveContext,
  duck: Duck,
  seam: EpochStart,
  quiet: readonly Reading[],
  files: FileLine,
  limitMs: number,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  let open = [...quiet];
  let toTick = open;
  while (open.length > 0) {
    if (toTick.length > 0) {
      for (const reading of toTick) reading.sawTick = false;
      await context.producer.tick(toTick.map(({ partition }) => partition));
    }
    for (const reading of open) await readOn(context, duck, seam, reading, files);
    open = open.filter(({ isCut }) => !isCut);
    refuseHeld(context, open);
    toTick = open.filter(({ sawTick }) => sawTick);
    if (open.length === 0) return;
    if (performance.now() > giveUpAt) {
      const partitions = open.map(({ partition }) => partition).join(', ');
      throw new Retryable(
        'Kafka',
        `Partitions ${partitions} delivered no record stamped after the end of epoch ${nameOf(seam.epoch, context.rules)} within ` +
          `${limitMs / 1_000} s of a tick: a transaction may be open, or the broker's clock is behind. Try again.`,
      );
    }
    await sleep(TICK_POLL_MS, undefined, { signal: context.signal });
  }
}

// ---- files ---------------------------------------------------------------------------------------------------------

type Part = Omit<RawPart, keyof ArchivedFile | 'path'> & Pick<RawPart, 'partition'>;

interface FileLine {
  readonly limits: RawLimits;
  /** Records that wait in the log, at most. */
  readonly waiting: number;
  counted(records: number): number;
  /** Waits for the file before, then begins to write this one. */
  finish(writer: RawWriter, part: Part): Promise<void>;
  all(): Promise<Archive['files']>;
}

function fileLine(context: BatchContext, seam: EpochStart, options: ArchiveOptions, waiting: number): FileLine {
  const epoch = nameOf(seam.epoch, context.rules);
  const { logLife } = context.rules;
  const done: RawPart[] = [];
  let underWay: Promise<void> = Promise.resolve();
  let records = 0;
  const write = async (writer: RawWriter, part: Part): Promise<void> => {
    const { partition } = part;
    let path = '';
    await mkdir(join(options.folder, dirname(rawFile({ epoch, logLife, partition, first: 0, last: 0 }))), {
      recursive: true,
    });
    const file = await writer.finish(({ first, last }) => {
      path = rawFile({ epoch, logLife, partition, first, last });
      return {
        localFile: join(options.folder, path),
        metadata: metadataOf(epoch, [{ partition, first, cut: last + 1 }]),
      };
    });
    done.push({ ...part, ...file, path });
  };
  return {
    waiting,
    limits: options.limits ?? rawLimitsFor(context.settings.memoryMb),
    counted: (more) => (records += more),
    async finish(writer, part) {
      const before = underWay;
      underWay = before.then(() => write(writer, part));
      underWay.catch(() => undefined);
      await before;
    },
    async all() {
      await underWay;
      return done.sort((a, b) => a.partition - b.partition || a.from - b.from);
    },
  };
}
