/**
 * The metrics of the engine on Spark as one process shows them: those of the supervisor, and the sums of what its
 * executors report, under the names of a worker's.
 *
 * supervisor.ts hands in the reports. Counters and histograms of a process that has ended stay in the sums, so that no
 * counter falls; its gauges go.
 */
import type { Registry } from 'prom-client';
import { AggregatorRegistry } from 'prom-client';
import type { Exposition } from '../../core/process/metrics.ts';
import type { Report } from './reports.ts';

export interface MergedMetrics extends Exposition {
  take(report: Report): void;
  /** The last report of each process that reports still. */
  latest(): readonly Report[];
}

type Metrics = Report['metrics'];

/** What executors measure; all else is the supervisor's own. */
const REPORTED =
  /^sightline_(store_seconds|speed_(records_total|dead_letters_total|publish_to_visible_seconds|round_records|round_seconds|retries_total|cached_cells|partitions_held|stamps_ahead_seconds))$/;
const GONE_AFTER_MS = 10_000;

export function mergedMetrics(own: Registry, now: () => number = Date.now): MergedMetrics {
  const reports = new Map<string, { report: Report; at: number }>();
  let past: Metrics = [];
  const forgetGone = async (): Promise<void> => {
    for (const [name, { report, at }] of reports) {
      if (now() - at < GONE_AFTER_MS) continue;
      reports.delete(name);
      past = await jsonOf(sumOf([past, report.metrics.filter(({ type }) => type !== 'gauge')]));
    }
  };
  return {
    contentType: own.contentType,
    take(report) {
      const metrics = report.metrics.filter(({ name }) => REPORTED.test(name));
      reports.set(report.name, { report: { ...report, metrics }, at: now() });
    },
    latest: () => [...reports.values()].filter(({ at }) => now() - at < GONE_AFTER_MS).map(({ report }) => report),
    async metrics() {
      await forgetGone();
      const mine = (await jsonOf(own)).filter(({ name }) => REPORTED.test(name));
      const live = [...reports.values()].map(({ report }) => report.metrics);
      const unmerged = own.getMetricsAsArray().filter(({ name }) => !REPORTED.test(name));
      const texts = await Promise.all(unmerged.map(({ name }) => own.getSingleMetricAsString(name)));
      return `${texts.join('\n\n')}\n\n${await sumOf([mine, past, ...live]).metrics()}`;
    },
  };
}

const sumOf = (parts: readonly Metrics[]): Registry => AggregatorRegistry.aggregate([...parts]);

/** The cast drops prom-client's own type of what it makes; reports.ts checks what comes from elsewhere. */
const jsonOf = async (registry: Registry): Promise<Metrics> =>
  (await registry.getMetricsAsJSON()) as unknown as Metrics;
