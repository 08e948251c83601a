/**
 * The names of all metrics follow Prometheus' rules, as `promtool check metrics` has them: help, units, endings by
 * type.
 *
 * promtool is not on every machine, so its rules stand here for all processes that show metrics. The labels are a
 * closed list too: none is an id, a camera or a free text, which would make series without bound.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registry } from 'prom-client';
import { batchMetrics } from '../../../../batch-layer/metrics.ts';
import { createRegistry } from '../../../../core/process/metrics.ts';
import { agentMetrics, settleMetrics } from '../../../../footage/metrics.ts';
import { packMetrics } from '../../../../footage/packs/metrics.ts';
import { kafkaMetrics, NOTHING_SEEN } from '../../../../observe/exporter/kafka-metrics.ts';
import { recentMetrics } from '../../../../serving/app/recent-metrics.ts';
import { servingMetrics } from '../../../../serving/metrics.ts';
import { speedMetrics } from '../../../../speed-layer/metrics.ts';

const NOT_BASE_UNITS =
  /_(milliseconds?|microseconds?|nanoseconds?|ms|us|ns|minutes?|hours?|days?|weeks?|kilobytes?|megabytes?|gigabytes?|kb|mb|gb|bits?|percent|celsius_degrees|kelvins?|fahrenheit|inches|feet|miles|kilometers)(_|$)/;

/** What is wrong with a metric, in promtool's sense. */
function faultsOf({ name, help, type }: { name: string; help: string; type: unknown }): string[] {
  const faults: string[] = [];
  const fault = (isOne: boolean, text: string): void => void (isOne && faults.push(`${name}: ${text}`));
  fault(help.trim() === '', 'no help text');
  fault(type === 'counter' && !name.endsWith('_total'), 'a counter ends with _total');
  fault(type !== 'counter' && name.endsWith('_total'), 'only a counter ends with _total');
  fault(/_(count|sum|bucket)$/.test(name), 'ends like a part of a histogram');
  fault(NOT_BASE_UNITS.test(name), 'not in a base unit: seconds, bytes, ratio');
  fault(/(^|_)(counter|gauge|histogram|summary|untyped)(_|$)/.test(name), 'names its type');
  fault(!/^[a-z][a-z0-9_]*$/.test(name), 'has other letters than small ones, digits and _');
  return faults;
}

const speed = createRegistry('speed');
speedMetrics(speed, { progress: new Map(), counts: { cells: () => 0 }, held: new Map(), ahead: new Map() } as never);
/** Names of the common Kafka exporter, whose dashboards ask for them. */
const FIXED_NAMES = ['kafka_consumergroup_current_offset_sum', 'kafka_consumergroup_lag_sum'];
const kafka = kafkaMetrics({ facts: NOTHING_SEEN, isUp: false, tookMs: 0, now: 0 });
const batch = createRegistry('batch');
batchMetrics(batch);
const agent = createRegistry('footage-agent');
agentMetrics(agent);
const settling = createRegistry('footage-settle');
settleMetrics(settling);
const packing = createRegistry('footage-pack');
packMetrics(packing);
const recent = recentMetrics({ items: 1, locations: 1 }, () => Promise.reject(new Error('not read'))).registry;

const processes = { speed, batch, agent, settling, packing, serving: servingMetrics().registry };

test('every name of every process is one that promtool takes', async () => {
  for (const [process, registry] of Object.entries<Registry>(processes)) {
    const metrics = await registry.getMetricsAsJSON();
    assert.ok(metrics.length > 20, process);
    assert.deepEqual(
      metrics.flatMap((metric) => faultsOf({ ...metric, type: String(metric.type) })),
      [],
      process,
    );
  }
  const metrics = await recent.getMetricsAsJSON();
  assert.equal(metrics.length, 6);
  assert.deepEqual(
    metrics.flatMap((metric) => faultsOf({ ...metric, type: String(metric.type) })),
    [],
  );
});

/** Each has few values, or as many as there are partitions. */
const LABELS = [
  ...['outcome', 'reason', 'partition', 'dependency', 'store', 'operation', 'result', 'step', 'route', 'status'],
  ...['kind', 'view', 'level', 'queue', 'state', 'because', 'what'],
  // Of a Node process.
  ...['space', 'type', 'version', 'major', 'minor', 'patch', 'quantile', 'le'],
];
/** The items and places of the last hour that are named, METRICS_TOP_ITEMS and METRICS_TOP_LOCATIONS of them. */
const TOP_LABELS = ['item', 'location', 'name', 'top'];

test('no label is an id, a camera or a free text, but of the few that are counted most', () => {
  const labelsOf = (registry: Registry): string[] =>
    registry.getMetricsAsArray().flatMap((metric) => (metric as unknown as { labelNames: string[] }).labelNames);
  for (const registry of Object.values(processes))
    assert.deepEqual(
      labelsOf(registry).filter((label) => !LABELS.includes(label)),
      [],
    );
  assert.deepEqual(
    labelsOf(recent).filter((label) => !LABELS.includes(label) && !TOP_LABELS.includes(label)),
    [],
  );
});

test('so is every name of the Kafka exporter that is not given', async () => {
  const metrics = (await kafka.getMetricsAsJSON()).filter(({ name }) => !FIXED_NAMES.includes(name));
  assert.ok(metrics.length > 15);
  assert.deepEqual(
    metrics.flatMap((metric) => faultsOf({ ...metric, type: String(metric.type) })),
    [],
  );
});

test('names with faults are found', () => {
  for (const [name, type] of [
    ['nodejs_active_handles_total', 'gauge'],
    ['x_requests', 'counter'],
    ['x_wait_ms', 'gauge'],
    ['x_row_count', 'gauge'],
    ['x_gauge', 'gauge'],
    ['xRows', 'gauge'],
  ]) {
    assert.equal(faultsOf({ name: name!, help: 'what it is', type }).length, 1, name);
  }
  assert.equal(faultsOf({ name: 'x', help: '', type: 'gauge' }).length, 1);
});
