/**
 * What every step of a run works with, and the names of the steps.
 *
 * commands make a context, run.ts passes it down. `reached` is told each point that a crash could follow: the
 * tests stop a run there, everyone else does nothing.
 */
import type { ControlStore } from '../core/stores/control/control.ts';
import type { BatchView } from '../core/stores/views/batch-view.ts';
import type { DetectionsStore } from '../core/stores/tables/detections.ts';
import type { FirstMetFamilies } from '../core/stores/tables/first-met-families.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { LocationsStore } from '../core/stores/tables/locations.ts';
import type { LogAdmin, LogProducer, LogReader } from '../core/stores/kafka/types.ts';
import type { OldGenerations } from '../core/stores/views/old-generations.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { Log } from '../core/process/log.ts';
import type { Point } from './steps.ts';
import type { BatchMetrics } from './metrics.ts';
import type { ProgressLine } from './progress-line.ts';
import type { RecordedRules } from '../core/stores/control/rules-rows.ts';

export interface SparkSettings {
  /** Path of spark-submit. */
  readonly submit: string;
  readonly master: string;
  /** Further options of spark-submit. */
  readonly options: readonly string[];
  readonly driverMemoryMb: number;
  readonly user: string;
  /** Where the lake is in HDFS as Spark names it, with scheme. */
  readonly lakeRoot: string;
}

export interface BatchSettings {
  /** Local folder for working copies; may be deleted at any time while no run is under way. */
  readonly workFolder: string;
  readonly memoryMb: number;
  readonly threads: number;
  /** Given: Spark reconciles and writes the files of an epoch, not DuckDB in this process. */
  readonly spark?: SparkSettings | undefined;
  readonly speedWaitMs: number;
  /** Recorded with the horizon that a run moves (core/domain/grace.ts). */
  readonly pruneGraceMs: number;
  readonly archiveEveryMs: number;
  /** How far a stamp may be ahead of this clock (BROKER_AHEAD_SECONDS). */
  readonly brokerAheadMs: number;
}

export interface BatchContext {
  readonly settings: BatchSettings;
  readonly rules: RecordedRules;
  readonly control: ControlStore;
  readonly admin: LogAdmin;
  readonly reader: LogReader;
  /** The reader reads an archive: nothing is appended to the log, and quiet partitions end where the archive does. */
  readonly fromArchive?: boolean;
  readonly producer: LogProducer;
  readonly hdfs: Hdfs;
  readonly detections: DetectionsStore;
  readonly locations: LocationsStore;
  readonly speedView: SpeedView;
  readonly batchView: BatchView;
  readonly oldGenerations: OldGenerations;
  readonly firstMetFamilies: FirstMetFamilies;
  readonly log: Log;
  readonly say: ProgressLine;
  readonly metrics: BatchMetrics;
  readonly signal: AbortSignal;
  readonly reached: (point: Point) => void | Promise<void>;
}
