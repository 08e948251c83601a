/**
 * The parts that serving is made of: app.ts assembles them, process.ts passes the real ones, tests pass doubles of the
 * stores and a clock.
 */
import type { Audit } from '../../core/process/audit.ts';
import type { Config } from '../../core/process/config.ts';
import type { Log } from '../../core/process/log.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { Gate } from '../access/gate.ts';
import type { CostConfig } from '../bounds/costs.ts';
import type { ServingMetrics } from '../metrics.ts';

export interface ServingParts {
  readonly config: Pick<
    Config,
    | 'BROKER_AHEAD_SECONDS'
    | 'STORES'
    | 'SIGHTLINE_ROOT'
    | 'WEBHDFS_URL'
    | 'STREAM_CONNECTIONS'
    | 'STREAMS_PER_CALLER'
    | 'STREAM_POLL_MS'
    | 'EXPORTS_AT_ONCE'
    | 'EXPORTS_PER_CALLER'
    | 'COUNT_CACHE_MB'
    | 'METRICS_PORT'
    | 'METRICS_TOP_ITEMS'
    | 'METRICS_TOP_LOCATIONS'
  > &
    CostConfig;
  readonly open: () => Promise<Stores>;
  readonly hdfs: Hdfs;
  readonly metrics: ServingMetrics;
  readonly log: Log;
  readonly now: () => number;
  readonly gate: Gate;
  /** The audit trail; without it nothing is recorded. */
  readonly audit?: Audit;
  /** How long a snapshot serves new questions. */
  readonly snapshotFreshForMs: number;
  /**
   * How old a snapshot may be while a newer one is read in the background (look-ahead.ts); without it every answer
   * waits for a fresh snapshot.
   */
  readonly snapshotUsableForMs?: number;
}
