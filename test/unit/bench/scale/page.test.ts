/** The page of a larger system is what the figures say, and a simulation agrees with its number of workers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FIGURES } from '../../../../bench/scale/figures.ts';
import { planFor } from '../../../../bench/scale/model.ts';
import { scalePage } from '../../../../bench/scale/page.ts';
import { simulate } from '../../../../bench/scale/queue.ts';

const ROUND = {
  recordMicros: FIGURES.workerMicros.value,
  roundMs: 20,
  lingerMs: 100,
  roundRecords: 20_000,
  seconds: 240,
};

test('bench/scale.md is what npm run bench:scale writes', () => {
  const page = readFileSync(new URL('../../../../bench/scale.md', import.meta.url), 'utf8');
  assert.equal(page, scalePage(), 'run "npm run bench:scale" and commit bench/scale.md');
});

test('the planned workers keep up with a rate that swings, and half of them do not', () => {
  for (const ratePerSecond of [100_000, 1_000_000]) {
    const { workers, partitions } = planFor(ratePerSecond);
    const planned = simulate({ ratePerSecond, partitions, workers, ...ROUND });
    assert.ok(planned.p99Ms < 2_000, `p99 ${planned.p99Ms} ms at ${ratePerSecond}`);
    assert.ok(planned.backlog < ratePerSecond, `${planned.backlog} wait at ${ratePerSecond}`);
    const half = simulate({ ratePerSecond, partitions, workers: Math.floor(workers / 2), ...ROUND });
    assert.ok(half.backlog > 10 * ratePerSecond, `${half.backlog} wait with half the workers`);
  }
});

test('a record waits for the linger and its round when there is little to do', () => {
  const { p50Ms, p99Ms } = simulate({ ratePerSecond: 1_000, partitions: 12, workers: 1, ...ROUND });
  assert.ok(p50Ms >= 50 && p50Ms <= 100, `p50 ${p50Ms} ms`);
  assert.ok(p99Ms <= 150, `p99 ${p99Ms} ms`);
});
