/**
 * The metrics of the batch layer for Prometheus.
 *
 * run.ts, archive-now.ts and scheduler.ts set them; all names begin with sightline_batch_.
 */
import type { Step } from './steps.ts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { RunReport } from '../core/stores/lake/runs.ts';

export interface BatchMetrics {
  countRun(report: RunReport, tookMs: number): void;
  countFailedRun(): void;
  observeStep(step: Step, tookMs: number): void;
  /** How many epochs are over and not published; when the next one to be published ends, and how long it is. */
  setUnpublished(epochs: number, next: { readonly endMs: number; readonly seconds: number }): void;
  setHorizon(epochNumber: number): void;
  countPruned(rows: number): void;
  /** In how many partitions a run or the archive stopped before a stamp that is ahead of the clock. */
  setHeldPartitions(partitions: number): void;
}

export function batchMetrics(registry: Registry): BatchMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const buckets = [1, 2, 5, 10, 20, 40, 60, 120, 300, 900, 3_600];
  const runSeconds = new Histogram({
    name: 'sightline_batch_run_seconds',
    help: 'Duration of a run that published its epoch',
    buckets,
    registers,
  });
  const stepSeconds = new Histogram({
    name: 'sightline_batch_step_seconds',
    help: 'Duration of a step of a run',
    labelNames: ['step'],
    buckets: [0.1, 0.5, ...buckets],
    registers,
  });
  const runs = counter('sightline_batch_runs_total', 'Runs by result', 'result');
  // A counter that starts at 0 lets rules see the first run of each result as an increase.
  for (const result of ['proved', 'repaired', 'unproven', 'failed']) runs.inc({ result }, 0);
  const records = counter('sightline_batch_records_total', 'Records of published epochs by outcome', 'outcome');
  const rows = counter('sightline_batch_rows_total', 'Rows published to the lake');
  const differences = counter('sightline_batch_differences_total', 'Cells whose speed and batch counts differ');
  const unpublished = gauge('sightline_batch_behind_epochs', 'Epochs that are over and not published');
  const nextEnd = gauge(
    'sightline_batch_next_epoch_end_timestamp_seconds',
    'When the next epoch to be published ends, or when it ended',
  );
  const epochSeconds = gauge('sightline_batch_epoch_length_seconds', 'Length of an epoch');
  const horizon = gauge('sightline_batch_horizon_epoch', 'Number of the last published epoch');
  const pruned = counter('sightline_batch_pruned_rows_total', 'Rows removed from the speed view');
  const heldPartitions = gauge(
    'sightline_batch_partitions_held',
    'Partitions that the archive cannot read on because a stamp is ahead of the clock',
  );
  return {
    countRun(report, tookMs) {
      runs.inc({ result: report.result });
      runSeconds.observe(tookMs / 1_000);
      rows.inc(report.rows);
      differences.inc(report.comparison.differences.count);
      const { tallies } = report;
      for (const outcome of ['new', 'copies', 'strays', 'deferred', 'dead_letters', 'ticks'] as const) {
        records.inc({ outcome }, tallies[outcome]);
      }
    },
    countFailedRun: () => runs.inc({ result: 'failed' }),
    observeStep: (step, tookMs) => stepSeconds.observe({ step }, tookMs / 1_000),
    setUnpublished(epochs, { endMs, seconds }) {
      unpublished.set(epochs);
      nextEnd.set(endMs / 1_000);
      epochSeconds.set(seconds);
    },
    setHorizon: (epochNumber) => horizon.set(epochNumber),
    countPruned: (count) => pruned.inc(count),
    setHeldPartitions: (partitions) => heldPartitions.set(partitions),
  };
}
