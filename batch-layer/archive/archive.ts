/**
 * Archive: every record of an epoch, from the previous cut to its own, into raw files; and where the cut is (laws L5,
 * L7, L10).
 *
 * run.ts gives the seam's other side (offsets and arrivals of the previous epoch) and gets files and ranges for
 * reconcile.ts. The cut of a partition is the first delivered record whose arrival is not before the epoch's end, a
 * fact of the log; where a partition is quiet, one tick is appended after the epoch's end and becomes that record;
 * before a stamp that is ahead of the clock reading stops (cut.ts). Files are written behind the reading, one at a
 * time, so memory holds a few files' bytes whatever the epoch's size and whatever a record weighs.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { HeldPartition } from '../../core/process/hold-text.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { StampGate } from '../../core/stores/control/stamp-gate.ts';
import type { Archive, ArchivedFile, ArchivedPartition, RawPart, EpochStart } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { JournalFile } from './journal.ts';
import type { LogCheck } from './log-check.ts';
import type { RawLimits, RawWriter } from './raw-file.ts';
import { endOf, nameOf } from '../../core/domain/epoch.ts';
import { judge } from '../../core/domain/verdict.ts';
import { rawFile } from '../../core/layout/lake.ts';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';
import { readToCut } from './cut.ts';
import { archiveGate, heldPartitionsOf, refuseHeld } from './held-partitions.ts';
import { inLanes } from '../lake/lanes.ts';
import { logCheck } from './log-check.ts';
import { metadataOf } from '../lake/file-metadata.ts';
import { rawLimitsFor, rawWriter } from './raw-file.ts';

export interface ArchiveOptions {
  readonly folder: string;
  /** A dry run appends nothing: a quiet partition's cut is then the log's end as it is. */
  readonly ticks: boolean;
  /** Nothing is recorded: this reading settles no stamp for others. */
  readonly isDry?: boolean;
  /** What was archived of the epoch before: reading goes on behind it. */
  readonly early?: readonly JournalFile[];
  /** Partitions that are not read. */
  readonly skip?: readonly number[];
  /** Of a file; by default those of the memory that there is. */
  readonly limits?: RawLimits;
  readonly tickLimitMs?: number;
}

/** One works while the other waits for its first records. */
const PARTITIONS_AT_ONCE = 2;
const TICK_LIMIT_MS = 60_000;
const TICK_POLL_MS = 100;

/** One gate for all partitions of a reading. */
type ArchiveContext = BatchContext & { readonly stamps: StampGate };

interface Reading extends Mutable<ArchivedPartition> {
  next: number;
  /** Of the file that is being written: where it begins, and what is in it. */
  from: number;
  inFile: Mutable<Pick<ArchivedPartition, 'verdicts' | 'deadLettersByReason'>>;
  isCut: boolean;
  /** The record before which it stands, if that must wait for its stamp. */
  held: HeldPartition | null;
  /** A tick of ours was delivered and its stamp was too early. */
  sawTick: boolean;
  writer: RawWriter | null;
}
type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, number>> ? Record<string, number> : T[K];
};

export async function archive(
  batch: BatchContext,
  duck: Duck,
  seam: EpochStart,
  options: ArchiveOptions,
): Promise<Archive> {
  const look = logCheck(batch);
  await look.now();
  const context = { ...batch, reader: look.watched(batch.reader), stamps: archiveGate(batch, options.isDry === true) };
  const readings = seam.firsts.map((first, partition) => readingOf(partition, first, seam.arrivals[partition]!));
  for (const file of options.early ?? []) goOnBehind(readings[file.partition]!, file);
  const waiting = await checkLogHolds(context, look, seam.epoch, readings);
  const files = fileLine(context, seam, options, waiting);
  const wanted = readings.filter(({ partition }) => !options.skip?.includes(partition));
  await inLanes(PARTITIONS_AT_ONCE, wanted, (reading) => readOn(context, duck, seam, reading, files));
  const quiet = readings.filter(({ isCut }) => !isCut);
  if (options.ticks || options.isDry === true) refuseHeld(context, quiet);
  if (options.ticks && quiet.length > 0)
    await tickUntilCut(context, duck, seam, quiet, files, options.tickLimitMs ?? TICK_LIMIT_MS);
  await look.now();
  for (const reading of readings) if (!reading.isCut) reading.cut = reading.next;
  const open = readings.filter(({ isCut }) => !isCut);
  const uncut = open.map(({ partition }) => partition);
  return { partitions: readings.map(partitionOf), files: await files.all(), uncut, held: heldPartitionsOf(open) };
}

/** Returns how many records wait, at most: what lies behind the epoch's end is counted too. */
async function checkLogHolds(
  context: BatchContext,
  look: LogCheck,
  epoch: Epoch,
  readings: readonly Reading[],
): Promise<number> {
  let waiting = 0;
  const behind: Reading[] = [];
  for (const { partition, low, high } of await context.admin.ends()) {
    const first = readings[partition]?.next;
    if (first === undefined) continue;
    waiting += high - first;
    if (high > first) behind.push(readings[partition]!);
    if (low <= first && first <= high) continue;
    throw new Refusal(
      EXIT.data_check_failed,
      `Partition ${partition} of the log holds offsets ${low} to ${high}, and offset ${first} was to be archived next. ` +
        (first < low
          ? 'Records were deleted before they were archived: restore them from a copy of the log, or begin anew; raise KAFKA_RETENTION_HOURS.'
          : 'Acknowledged records are gone from the log: restore it, or begin anew.'),
    );
  }
  look.tellWhatExpires(epoch, behind);
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
  const verdict = judge(record, arrival, context.rules);
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
