/**
 * What Prometheus sees of the batch layer.
 *
 * run.ts and scheduler.ts move these; names begin with sightline_batch_.
 */
import type { Step } from './steps.ts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { RunReport } from '../core/stores/lake/runs.ts';

export interface BatchMetrics {
  ran(report: RunReport, tookMs: number): void;
  failed(): void;
  step(step: Step, tookMs: number): void;
  /** Epochs that are over and not published. */
  behind(epochs: number): void;
  horizon(epochNumber: number): void;
  pruned(rows: number): void;
  /** Partitions before whose stamps a run or the archive stopped. */
  held(partitions: number): void;
}

export function batchMetrics(registry: Registry): BatchMetrics {
  const registers = [registry];
  const buckets = [1, 2, 5, 10, 20, 40, 60, 120, 300, 900, 3_600];
  const runs = new Counter({
    name: 'sightline_batch_runs_total',
    help: 'Runs by result',
    labelNames: ['result'],
    registers,
  });
  const duration = new Histogram({
    name: 'sightline_batch_run_seconds',
    help: 'Time of a run that published',
    buckets,
    registers,
  });
  const steps = new Histogram({
    name: 'sightline_batch_step_seconds',
    help: 'Time of a step of a run',
    labelNames: ['step'],
    buckets: [0.1, 0.5, ...buckets],
    registers,
  });
  const records = new Counter({
    name: 'sightline_batch_records_total',
    help: 'Records of published epochs by what became of them',
    labelNames: ['outcome'],
    registers,
  });
  const rows = new Counter({ name: 'sightline_batch_rows_total', help: 'Rows published to the lake', registers });
  const differences = new Counter({
    name: 'sightline_batch_differences_total',
    help: 'Cells whose speed and batch counts differ',
    registers,
  });
  const lag = new Gauge({
    name: 'sightline_batch_behind_epochs',
    help: 'Epochs that are over and not published',
    registers,
  });
  const horizon = new Gauge({
    name: 'sightline_batch_horizon_epoch',
    help: 'Number of the last published epoch',
    registers,
  });
  const pruned = new Counter({
    name: 'sightline_batch_pruned_rows_total',
    help: 'Rows removed from the speed view',
    registers,
  });
  const held = new Gauge({
    name: 'sightline_batch_partitions_held',
    help: 'Partitions that cannot be read on because a stamp is ahead of the clock',
    registers,
  });
  return {
    ran(report, tookMs) {
      runs.inc({ result: report.result });
      duration.observe(tookMs / 1_000);
      rows.inc(report.rows);
      differences.inc(report.comparison.differences.count);
      const { tallies } = report;
      for (const outcome of ['new', 'copies', 'strays', 'deferred', 'dead_letters', 'ticks'] as const) {
        records.inc({ outcome }, tallies[outcome]);
      }
    },
    failed: () => runs.inc({ result: 'failed' }),
    step: (step, tookMs) => steps.observe({ step }, tookMs / 1_000),
    behind: (epochs) => lag.set(epochs),
    horizon: (epochNumber) => horizon.set(epochNumber),
    pruned: (count) => pruned.inc(count),
    held: (partitions) => held.set(partitions),
  };
}
