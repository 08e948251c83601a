/**
 * The values that one step of a run hands to the next: where an epoch starts, what was read of it, and its files.
 *
 * archive.ts makes an `Archive`, reconcile.ts reads its raw files, stage.ts turns local files into staged ones, and
 * intent.ts lists those.
 */
import type { DeadLetterReason } from '../core/domain/dead-letters.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Verdict } from '../core/domain/verdict.ts';
import type { HeldPartition } from '../core/process/hold-text.ts';

/** Where an epoch starts in the log. */
export interface EpochStart {
  readonly epoch: Epoch;
  /** The first offset of each partition. */
  readonly firsts: readonly number[];
  /** The arrival of each partition before that offset. */
  readonly arrivals: readonly Instant[];
}

export interface RawFile {
  readonly localFile: string;
  readonly partition: number;
  readonly rows: number;
}

export interface ArchivedFile extends RawFile {
  /** Offsets of its first and its last record. */
  readonly first: number;
  readonly last: number;
}

export interface ArchivedPartition {
  readonly partition: number;
  readonly first: number;
  readonly cut: number;
  /** Arrival of the last record before the cut. */
  readonly arrival: Instant;
  readonly records: number;
  readonly verdicts: Readonly<Record<Verdict['kind'], number>>;
  readonly deadLettersByReason: Readonly<Partial<Record<DeadLetterReason, number>>>;
}

/** A raw file that was written now, with counts of its records. */
export interface RawPart extends ArchivedFile, Pick<ArchivedPartition, 'arrival' | 'verdicts' | 'deadLettersByReason'> {
  readonly path: string;
  /** The offset at which reading began for it, and the one at which the next file of the partition begins. */
  readonly from: number;
  readonly next: number;
}

export interface Archive {
  readonly partitions: readonly ArchivedPartition[];
  /** The files that were written now. */
  readonly files: readonly RawPart[];
  /** Partitions that delivered no record from after the epoch's end. */
  readonly uncutPartitions: readonly number[];
  /** Those of them in which reading stopped before a stamp that is ahead of the clock. */
  readonly heldPartitions: readonly HeldPartition[];
}

/** All raw files of the epoch: those that were archived before, and those that this attempt wrote. */
export interface Archived {
  readonly partitions: Archive['partitions'];
  readonly files: readonly RawFile[];
}

/** A file of the epoch on this machine, with its final path in the lake. */
export interface LocalFile {
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

export interface StagedFile {
  /** Its final path and its path in staging, both relative to the root. */
  readonly path: string;
  readonly staged: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
}
