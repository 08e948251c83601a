/**
 * What a round works with: the stores that it asks and writes, what the worker remembers, and what was delivered.
 *
 * main.ts and worker.ts make these values, and round.ts uses them. Metrics and readiness read the holdings.
 */
import type { LogRecord } from '../core/domain/detection.ts';
import type { ControlStore } from '../core/stores/control/control.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import type { Certainty } from '../core/stores/room/certainty.ts';
import type { StampGate } from '../core/stores/control/stamp-gate.ts';
import type { LogConsumer, LogProducer } from '../core/stores/kafka/types.ts';
import type { DetectionsStore } from '../core/stores/tables/detections.ts';
import type { SpeedView } from '../core/stores/views/speed-view.ts';
import type { CountRows } from './count-rows.ts';
import type { GrowthGate } from './growth.ts';

/** The steps of a round; tests and the simulation kill workers there. */
export type CrashPoint =
  | 'ids_looked_up'
  | 'count_rows_loaded'
  | 'decided'
  | 'strays_forwarded'
  | 'dead_letters_kept'
  | 'first_met_written'
  | 'counts_written'
  | 'progress_written'
  | 'offset_committed'
  | 'stopped_for_stamp'
  | 'stopped_for_growth';

export interface RoundPorts {
  readonly certainty: Certainty;
  readonly growth: GrowthGate;
  readonly stamps: StampGate;
  /** How many groups of partitions go through a round side by side: while HBase works for one, we decide another. */
  readonly lanes: number;
  readonly consumer: Pick<LogConsumer, 'commit' | 'hold'>;
  readonly producer: Pick<LogProducer, 'forward' | 'deadLetter'>;
  readonly detections: Pick<DetectionsStore, 'find' | 'put'>;
  readonly speedView: Pick<SpeedView, 'load' | 'put'>;
  readonly control: Pick<ControlStore, 'putProgress' | 'announceDoubt'>;
  /** Repeats a step until it succeeds or the worker stops; a fault of another lane aborts `lane` and ends it too. */
  persist<T>(step: () => Promise<T>, lane?: AbortSignal): Promise<T>;
  /** Does nothing; in tests it may throw. */
  reached(point: CrashPoint): void;
}

/** What this worker remembers of its partitions. It changes only after HBase has acknowledged the effects. */
export interface Holdings {
  readonly progress: Map<number, Progress>;
  readonly counts: CountRows;
  /** Delivered records that wait for a growth or for their stamps; of each partition at most those of one take. */
  held: ReadonlyMap<number, readonly LogRecord[]>;
  /** The record of each partition that waits for its stamp. */
  ahead: ReadonlyMap<number, LogRecord>;
}

/** What a take of the consumer brought. */
export interface Delivered {
  /** Per partition in the order of offsets. */
  readonly records: readonly LogRecord[];
  /** Where a partition was found to end. */
  readonly drained: ReadonlyMap<number, number>;
}
