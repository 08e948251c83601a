/**
 * The values that one step of a run hands to the next: where an epoch starts, what was read of it, and the files made
 * of it.
 *
 * archive.ts makes an Archive, reconcile.ts reads its raw files, stage.ts turns local files into staged ones, and
 * intent.ts lists those.
 */
import type { DeadLetterReason } from '../core/domain/dead-letters.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Verdict } from '../core/domain/verdict.ts';
import type { HeldPartition } from '../core/process/hold-text.ts';

/** Where the previous epoch ended. */
export interface EpochStart {
  readonly epoch: Epoch;
  readonly firsts: readonly number[];
  readonly arrivals: readonly Instant[];
}

export interface RawFile {
  readonly localFile: string;
  readonly partition: number;
  readonly rows: number;
}

export interface ArchivedFile extends RawFile {
  /** Offsets of the first and the last record in it. */
  readonly first: number;
  readonly last: number;
}

export interface ArchivedPartition {
  readonly partition: number;
  readonly first: number;
  readonly cut: number;
  /** Arrival reached before the cut. */
  readonly arrival: Instant;
  readonly records: number;
  readonly verdicts: Readonly<Record<Verdict['kind'], number>>;
  readonly deadLettersByReason: Readonly<Partial<Record<DeadLetterReason, number>>>;
}

/** A raw file of one reading, with what is in it. */
export interface RawPart extends ArchivedFile, Pick<ArchivedPartition, 'arrival' | 'verdicts' | 'deadLettersByReason'> {
  readonly path: string;
  /** Where reading began for it, and where the next file of the partition begins. */
  readonly from: number;
  readonly next: number;
}

export interface Archive {
  readonly partitions: readonly ArchivedPartition[];
  /** What was read from the log now. */
  readonly files: readonly RawPart[];
  /** Partitions in which no record after the epoch's end was delivered. */
  readonly uncut: readonly number[];
  /** Of them, those in which reading stopped before a stamp that is ahead. */
  readonly held: readonly HeldPartition[];
}

/** Everything of the epoch: archived before, and read by this attempt. */
export interface Archived {
  readonly partitions: Archive['partitions'];
  readonly files: readonly RawFile[];
}

/** A file of the epoch on this machine, with its place in the lake. */
export interface LocalFile {
  readonly path: string;
  readonly localFile: string;
  readonly rows: number;
}

export interface StagedFile {
  /** Where it belongs, and where it waits; both relative to the root. */
  readonly path: string;
  readonly staged: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
}
