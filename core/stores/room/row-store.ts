/**
 * What keeps the rows of Sightline, whichever store it is: the ports of the layers, and what the commands of an
 * operator need of it.
 *
 * open.ts opens one for a process; hbase-store.ts makes the one of HBase, core/stores/cassandra/store.ts that of
 * Cassandra. Every member speaks the domain's words.
 * Members that depend on the recorded rules come from `counting`, because the rules are themselves kept here.
 */
import type { Rules } from '../../domain/rules.ts';
import type { TableName } from '../../layout/tables.ts';
import type { ControlStore } from '../control/control.ts';
import type { ForgottenRows } from '../forgotten/forgotten-rows.ts';
import type { LogAdmin } from '../kafka/types.ts';
import type { DetectionsStore } from '../tables/detections.ts';
import type { FirstMetSets, SetPlan } from '../tables/first-met-sets.ts';
import type { LocationsStore } from '../tables/locations.ts';
import type { BatchView } from '../views/batch-view.ts';
import type { OldGenerations } from '../views/old-generations.ts';
import type { SpeedView } from '../views/speed-view.ts';
import type { Certainty } from './certainty.ts';

/** The stores of what is counted by some rules. */
export interface CountingStores {
  readonly detections: DetectionsStore;
  readonly speedView: SpeedView;
  readonly batchView: BatchView;
  readonly forgottenRows: ForgottenRows;
}

export interface RowStore {
  /** What people call it. */
  readonly name: 'HBase' | 'Cassandra';
  /** Where it is, for messages. */
  readonly address: string;
  /** Where in it the tables are, for messages: `namespace sightline`. */
  readonly space: string;
  readonly certainty: Certainty;
  readonly control: ControlStore;
  readonly locations: LocationsStore;
  readonly oldGenerations: OldGenerations;
  counting(rules: Rules): CountingStores;
  firstMetSets(admin: Pick<LogAdmin, 'facts'>): FirstMetSets;
  /** Creates what is missing and raises times to live that are too short; safe to repeat. */
  ensureTables(firstMet: readonly SetPlan[]): Promise<void>;
  /** Whether a fault says that `ensureTables` was never called. */
  isWithoutTables(fault: unknown): boolean;
  /** Why a daemon that is killed would forget what it has acknowledged, and what to do; null if none would. */
  durabilityFault(): Promise<string | null>;
  /** Every cell of a row, for whoever looks for a fault, or null. `row`: a key of core/layout/hbase.ts. */
  cellsOf(table: TableName, row: Buffer): Promise<readonly StoredCell[] | null>;
  /** A cheap question; rejects quickly when the store is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A cell as core/layout/hbase.ts encodes it. */
export interface StoredCell {
  readonly family: string;
  readonly qualifier: Buffer;
  readonly timestamp: number;
  readonly value: Buffer;
}
