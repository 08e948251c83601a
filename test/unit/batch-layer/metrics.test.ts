/** What Prometheus sees of the batch layer before anything has run, and of the epoch that it waits for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchMetrics } from '../../../batch-layer/metrics.ts';
import { createRegistry } from '../../../core/process/metrics.ts';

test('runs of every result are there from 0 on, so that the first one is a growth that a rule can see', async () => {
  const registry = createRegistry('batch');
  batchMetrics(registry);
  const text = await registry.metrics();
  for (const result of ['proved', 'repaired', 'unproven', 'failed'])
    assert.match(text, new RegExp(`^sightline_batch_runs_total\\{result="${result}",process="batch"\\} 0$`, 'm'));
});

test('the next epoch is told by its end in seconds and its length', async () => {
  const registry = createRegistry('batch');
  batchMetrics(registry).setUnpublished(1, { endMs: 1_800_000_300_000, seconds: 300 });
  const text = await registry.metrics();
  assert.match(text, /^sightline_batch_next_epoch_end_timestamp_seconds\{process="batch"\} 1800000300$/m);
  assert.match(text, /^sightline_batch_epoch_length_seconds\{process="batch"\} 300$/m);
  assert.match(text, /^sightline_batch_behind_epochs\{process="batch"\} 1$/m);
});
