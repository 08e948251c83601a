/** A query begins again when a wait is over, and when the process that waited has died. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../../../speed-layer/spark/reports.ts';
import { waitsOver } from '../../../../speed-layer/spark/waits.ts';

type Why = Report['dropped'][number]['why'];

function report(partition: number, why: Why, run = 1): Report {
  const dropped = [{ partition, run, why }];
  return { name: `${partition}`, host: 'h', pid: 1, logFile: null, waitsFor: null, dropped, metrics: [] };
}

test('a partition is read again when its wait is over, in the run that dropped its records', () => {
  const because = waitsOver(() => 0);
  assert.equal(because(1, [report(3, 'waits')]), null);
  assert.equal(because(1, [report(3, 'has waited')]), 'partitions 3 have waited, and are read again');
  assert.equal(because(2, [report(3, 'has waited')]), null);
});

test('a process that follows is read again when nobody has waited for some seconds', () => {
  let now = 0;
  const because = waitsOver(() => now);
  const both = [report(3, 'waits'), report(3, 'follows')];
  assert.equal(because(1, both), null);
  now = 60_000;
  assert.equal(because(1, both), null);
  assert.equal(because(1, [report(3, 'follows')]), null);
  now += 4_000;
  assert.equal(because(1, [report(3, 'follows')]), null);
  assert.equal(because(1, both), null, 'the process that waits was only late');
  now += 4_000;
  assert.equal(because(1, [report(3, 'follows')]), null);
  now += 6_000;
  assert.equal(because(1, [report(3, 'follows')]), 'partitions 3 have waited, and are read again');
});
