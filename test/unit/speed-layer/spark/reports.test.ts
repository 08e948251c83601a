/** Reports reach the supervisor with its token alone, and become the metrics of one speed layer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../../../core/process/metrics.ts';
import { countRows } from '../../../../speed-layer/count-rows.ts';
import { speedMetrics } from '../../../../speed-layer/metrics.ts';
import { mergedMetrics } from '../../../../speed-layer/spark/merged-metrics.ts';
import type { Report } from '../../../../speed-layer/spark/reports.ts';
import { receiveReports, sendReport } from '../../../../speed-layer/spark/reports.ts';
import { progressOf } from '../records.ts';

const holdings = (partitions: number) => ({
  progress: new Map(Array.from({ length: partitions }, (_, partition) => [partition, progressOf(partition)])),
  counts: countRows(1_000),
  held: new Map(),
  ahead: new Map(),
});

async function reportOf(name: string, retries: number): Promise<Report> {
  const registry = createRegistry('speed');
  const metrics = speedMetrics(registry, holdings(2));
  for (let i = 0; i < retries; i++) metrics.retried('HBase');
  const json = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as Report['metrics'];
  return { name, host: 'h', pid: 1, logFile: null, waitsFor: null, dropped: [], metrics: json };
}

test('a report is taken with the token, and refused without', async () => {
  const taken: Report[] = [];
  const server = await receiveReports({ host: '127.0.0.1', token: 'secret' }, (report) => void taken.push(report));
  const report = await reportOf('a', 1);
  assert.equal(await sendReport({ url: server.url, token: 'wrong' }, report), 'the supervisor answers 401');
  assert.equal(taken.length, 0);
  assert.equal(await sendReport({ url: server.url, token: 'secret' }, report), null);
  assert.equal(taken[0]?.name, 'a');
  const bad = await fetch(server.url, { method: 'POST', headers: { authorization: 'Bearer secret' }, body: '{' });
  assert.equal(bad.status, 400);
  await server.close();
  assert.notEqual(await sendReport({ url: server.url, token: 'secret' }, report), null);
});

test('counters are sums that never fall, and gauges of the supervisor are its own', async () => {
  const own = createRegistry('speed');
  speedMetrics(own, holdings(12));
  let now = 0;
  const merged = mergedMetrics(own, () => now);
  merged.take(await reportOf('a', 2));
  merged.take(await reportOf('b', 3));
  const text = await merged.metrics();
  assert.match(text, /^sightline_speed_retries_total\{dependency="HBase",process="speed"\} 5$/m);
  assert.match(text, /^sightline_speed_partitions\{process="speed"\} 12$/m);
  assert.match(text, /^process_cpu_seconds_total\{process="speed"\}/m);
  now = 60_000;
  merged.take(await reportOf('c', 1));
  assert.match(await merged.metrics(), /^sightline_speed_retries_total\{dependency="HBase",process="speed"\} 6$/m);
  assert.deepEqual(
    merged.latest().map(({ name }) => name),
    ['c'],
  );
  const names = [...(await merged.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
});
