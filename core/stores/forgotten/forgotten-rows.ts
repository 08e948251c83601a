/**
 * Forgetting detections in the store of rows: their first-met rows and their entries in the lists (laws L2 and L4).
 *
 * The batch layer calls it for detections of published epochs, so no worker writes these rows any more. A first-met row
 * that can still be in force becomes one that names its record and says nothing of it: without it a copy would count
 * again. An older row goes. Repeating any of it changes nothing. hbase-forgotten-rows.ts answers it with HBase,
 * core/stores/cassandra/forgotten-rows.ts with Cassandra.
 */
import type { Epoch } from '../../domain/epoch.ts';
import type { HourCell, HourRowName } from '../../domain/hour-counts.ts';
import type { FirstMet } from '../../domain/first-met.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Instant } from '../../domain/time.ts';

/** A detection that is forgotten, by its record. */
export interface ForgottenRecord {
  readonly id: Oid;
  readonly partition: number;
  readonly offset: number;
}

export interface ForgottenEntry {
  readonly id: Oid;
  readonly location: Oid;
  readonly detectedAt: Instant;
  readonly epoch: Epoch;
}

/** Cells of a row of the batch view, as they are to be; without minutes: with no count any more. */
export interface RecountedRow {
  readonly name: HourRowName;
  readonly cells: readonly HourCell[];
}

export interface ForgottenRows {
  /** Makes first-met rows say nothing but which record they are of. */
  blank(records: readonly ForgottenRecord[]): Promise<void>;
  /** Removes first-met rows. */
  drop(records: readonly ForgottenRecord[]): Promise<void>;
  /** Takes entries out of the lists of published epochs. */
  unlist(entries: readonly ForgottenEntry[]): Promise<void>;
  /** Replaces cells of the counts of published epochs. */
  recount(rows: readonly RecountedRow[]): Promise<void>;
}

/** What a blank row is. Its item is empty, which no detection's is. */
export function blankOf(met: FirstMet): FirstMet {
  const nothing = { location: '0' as Oid, camera: '0' as Oid, item: '', detectedAt: 0 as Instant };
  return { ...met, detection: { id: met.detection.id, ...nothing } };
}
