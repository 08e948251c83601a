/**
 * How far the archive has read one partition of an epoch, and what it found there.
 *
 * archive.ts makes one reading for each partition and turns it into an `ArchivedPartition`; ticks.ts reads on after a
 * tick. Each record is judged once, by the parser that the speed layer uses too, and is counted twice: for the
 * partition and for the raw file in which it lies.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { HeldPartition } from '../../core/process/hold-text.ts';
import type { StampGate } from '../../core/stores/control/stamp-gate.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { ArchivedPartition, RawPart } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { JournalFile } from './journal.ts';
import type { RawFileQueue } from './raw-file-queue.ts';
import type { RawWriter } from './raw-file.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { classify } from '../../core/domain/verdict.ts';
import { readToCut } from './cut.ts';
import { rawWriter } from './raw-file.ts';

/** What all partitions of one epoch share while they are read. */
export interface ArchiveJob {
  readonly context: BatchContext & { readonly stamps: StampGate };
  readonly duck: Duck;
  readonly epoch: Epoch;
  readonly files: RawFileQueue;
}

export interface PartitionReading extends Mutable<ArchivedPartition> {
  next: number;
  /** Where the raw file that is being written begins. */
  from: number;
  /** What that raw file holds. */
  inFile: Mutable<Pick<ArchivedPartition, 'verdicts' | 'deadLettersByReason'>>;
  isCut: boolean;
  /** The record before which reading stopped, if its stamp is ahead of the clock. */
  hold: HeldPartition | null;
  /** The log delivered a tick of ours whose stamp is before the epoch's end. */
  hasEarlyTick: boolean;
  writer: RawWriter | null;
}
type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, number>> ? Record<string, number> : T[K];
};

const NO_VERDICTS = { tick: 0, dead_letter: 0, stray: 0, detection: 0 };
const noRecords = (): PartitionReading['inFile'] => ({ verdicts: { ...NO_VERDICTS }, deadLettersByReason: {} });

export function newReading(partition: number, first: number, arrival: Instant): PartitionReading {
  return {
    ...{ partition, first, cut: first, arrival, records: 0, ...noRecords() },
    ...{ next: first, from: first, inFile: noRecords(), isCut: false, hold: null, hasEarlyTick: false, writer: null },
  };
}

/** Counts a file that was archived before, so that reading goes on after its last record. */
export function resumeAfter(reading: PartitionReading, file: JournalFile): void {
  reading.records += file.rows;
  reading.arrival = file.arrival as Instant;
  reading.next = reading.from = file.next;
  for (const [verdict, count] of Object.entries(file.verdicts)) addTo(reading.verdicts, verdict, count);
  for (const [reason, count] of Object.entries(file.dead_letters_by_reason))
    addTo(reading.deadLettersByReason, reason, count);
}

function addTo(counts: Record<string, number>, name: string, count = 1): void {
  counts[name] = (counts[name] ?? 0) + count;
}

export function archivedPartition(reading: PartitionReading): ArchivedPartition {
  const { partition, first, cut, arrival, records, deadLettersByReason } = reading;
  const verdicts = reading.verdicts as ArchivedPartition['verdicts'];
  return { partition, first, cut, arrival, records, verdicts, deadLettersByReason };
}

/** Reads a partition from where it stands to its cut, or to the log's present end. */
export async function readPartition(job: ArchiveJob, reading: PartitionReading): Promise<void> {
  const { context, duck, files } = job;
  const end = endOf(job.epoch, context.rules);
  reading.hold = null;
  for await (const { records, delivered, next, endsWith, ahead } of readToCut(end, reading, context)) {
    for (const { record, arrival } of records) {
      reading.arrival = arrival;
      reading.writer ??= await rawWriter(duck, reading.partition, files.limits);
      appendRecord(job, reading, reading.writer, record);
      if (reading.writer.isFull) await closeFile(reading, files, record.offset + 1);
    }
    reading.next = next;
    if (endsWith === 'cut') [reading.isCut, reading.cut] = [true, next];
    if (ahead !== null) reading.hold = { partition: reading.partition, offset: next, stamp: ahead };
    context.progressLine.update('archive', files.countRead(delivered), 'records', files.waiting);
  }
  await closeFile(reading, files, reading.next);
}

/** The reading's arrival is that of the record. */
function appendRecord({ context }: ArchiveJob, reading: PartitionReading, writer: RawWriter, record: LogRecord): void {
  const { arrival } = reading;
  const verdict = classify(record, arrival, context.rules);
  writer.append(record, arrival, verdict);
  reading.records += 1;
  for (const counts of [reading, reading.inFile]) {
    addTo(counts.verdicts, verdict.kind);
    if (verdict.kind === 'dead_letter') addTo(counts.deadLettersByReason, verdict.deadLetter.reason);
  }
  if (verdict.kind === 'tick') reading.hasEarlyTick = true;
}

async function closeFile(reading: PartitionReading, files: RawFileQueue, next: number): Promise<void> {
  const { writer, partition, from, arrival } = reading;
  if (!writer) return;
  const inFile = reading.inFile as Pick<RawPart, 'verdicts' | 'deadLettersByReason'>;
  await files.write(writer, { partition, from, next, arrival, ...inFile });
  reading.writer = null;
  reading.from = next;
  reading.inFile = noRecords();
}
