import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { workerReadiness } from '../../../speed-layer/readiness.ts';

test('a worker is not ready for the first reason of its parts, or for the step of its start', () => {
  const progress = new Map<number, Progress>();
  const readiness = workerReadiness({ progress });
  const reasons: (string | null)[] = [null, null];
  readiness.begin('opening HBase');
  readiness.add(() => reasons[0]!);
  readiness.add(() => reasons[1]!);
  assert.equal(readiness.reason(), 'opening HBase');
  reasons[1] = 'the topic grows';
  assert.equal(readiness.reason(), 'the topic grows');
  reasons[0] = 'waiting for Kafka';
  assert.equal(readiness.reason(), 'waiting for Kafka');
  reasons.fill(null);
  readiness.begin('no partition is held yet');
  assert.equal(readiness.reason(), 'no partition is held yet');
  progress.set(0, {} as Progress);
  assert.equal(readiness.reason(), null);
});
