/**
 * What every step of a run works with: settings, stores, log and metrics.
 *
 * commands/open.ts makes a context, run.ts passes it down. Steps call `mayCrashAt` at each point of steps.ts where a
 * crash may strike: tests stop a run there, in all other processes it does nothing.
 */
import type { ControlStore } from '../core/stores/control/control.ts';
import type { BatchView } from '../core/stores/views/batch-view.ts';
import type { DetectionsStore } from '../core/stores/tables/detections.ts';
import type { FirstMetSets } from '../core/stores/tables/first-met-sets.ts';
import type { ForgottenRows } from '../core/stores/forgotten/forgotten-rows.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { LocationsStore } from '../core/stores/tables/locations.ts';
import type { LogAdmin, LogProducer, LogReader } from '../core/stores/kafka/types.ts';
import type { OldGenerations } from '../core/stores/views/old-generations.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { Log } from '../core/process/log.ts';
import type { CrashPoint } from './steps.ts';
import type { BatchMetrics } from './metrics.ts';
import type { ProgressLine } from './progress-line.ts';
import type { RecordedRules } from '../core/stores/control/rules-rows.ts';
import type { SparkSettings } from '../core/stores/spark/settings.ts';

export interface BatchSettings {
  /** Folder on this machine for working copies; it may be deleted while no run is under way. */
  readonly workFolder: string;
  readonly memoryMb: number;
  readonly threads: number;
  /** If given, Spark reconciles an epoch and writes its files; if not, DuckDB in this process does. */
  readonly spark?: SparkSettings | undefined;
  readonly speedWaitMs: number;
  /** A run records it with the horizon that it moves (core/domain/grace.ts). */
  readonly pruneGraceMs: number;
  readonly archiveEveryMs: number;
  /** How many days after its end an epoch keeps detections and raw files; 0: for ever. */
  readonly retention: { readonly days: number; readonly rawDays: number };
  /** How far a stamp may be ahead of this clock (BROKER_AHEAD_SECONDS). */
  readonly brokerAheadMs: number;
}

export interface BatchContext {
  readonly settings: BatchSettings;
  readonly rules: RecordedRules;
  readonly control: ControlStore;
  readonly admin: LogAdmin;
  readonly reader: LogReader;
  /** True: the reader reads an archive. Nothing is appended to the log, and a quiet partition ends with the archive. */
  readonly fromArchive?: boolean;
  readonly producer: LogProducer;
  readonly hdfs: Hdfs;
  readonly detections: DetectionsStore;
  readonly locations: LocationsStore;
  readonly speedView: SpeedView;
  readonly batchView: BatchView;
  readonly oldGenerations: OldGenerations;
  readonly firstMetSets: FirstMetSets;
  readonly forgottenRows: ForgottenRows;
  /** Null: no table is kept over the files (LAKE_TABLE). */
  readonly lakeTable: { rootUrl(): Promise<string> } | null;
  readonly log: Log;
  readonly progressLine: ProgressLine;
  readonly metrics: BatchMetrics;
  readonly signal: AbortSignal;
  readonly mayCrashAt: (point: CrashPoint) => void | Promise<void>;
}
