/** The figures of footage in the status line, from what settling shows to Prometheus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { oid } from '../../../../core/domain/oid.ts';
import { settleMetrics } from '../../../../footage/metrics.ts';
import { factsFrom, sumsIn } from '../../../../hadoop-compose/start/footage-facts.ts';

test('the sums are found in the metrics of settling as it shows them', async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ process: 'footage-settle' });
  const metrics = settleMetrics(registry, () => 10_000);
  const footage = { camera: oid(7), detection: null, sha256: '', kind: 'jpg' } as const;
  metrics.onSettled({ ...footage, takenAtMs: 4_000 });
  metrics.onSettled({ ...footage, takenAtMs: 8_000 });
  assert.deepEqual(sumsIn(await registry.metrics()), { settled: 2, seconds: 8 });
  assert.equal(sumsIn(''), null);
});

test('the delay is that of the files since the look before, and stays while none comes', () => {
  const first = factsFrom({ settled: 0, seconds: 0 }, null);
  assert.deepEqual(first, { settled: 0, visibleAfterSeconds: null });
  const sums = { settled: 10, seconds: 30 };
  const second = factsFrom(sums, { sums: { settled: 0, seconds: 0 }, facts: first });
  assert.deepEqual(second, { settled: 10, visibleAfterSeconds: 3 });
  assert.deepEqual(factsFrom(sums, { sums, facts: second }), second);
  const restarted = factsFrom({ settled: 2, seconds: 20 }, { sums, facts: second });
  assert.deepEqual(restarted, { settled: 2, visibleAfterSeconds: 10 });
});
