import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunsAnswer, RunSummary } from '../../../../serving/answers.ts';
import { nightsOf } from '../../../../dashboard-next/model/nights.ts';
import { NOON, trust } from '../answers.ts';

const summary = (epoch: string, changed: Partial<RunSummary> = {}): RunSummary => ({
  epoch,
  from: NOON,
  to: NOON,
  result: 'proved',
  began_at: NOON,
  published_at: NOON,
  took_ms: 0,
  records: 1,
  tallies: trust().tallies,
  rows: 1,
  bytes: 1,
  differences: 0,
  counted: { batch: 1, speed: 1 },
  conflicts: 0,
  unproven: [],
  unknown_locations: 0,
  ...changed,
});
const attempt = (epoch: string): RunsAnswer['attempts'][number] => ({
  version: 1,
  epoch,
  attempt: 'a',
  result: 'failed',
  began_at: NOON,
  failed_at: NOON,
  step: 'archive',
  exit_code: 5,
  because: 'Kafka is away',
});
const runs = (changed: Partial<RunsAnswer> = {}): RunsAnswer => ({
  runs: [summary('2026-11-22')],
  total: 1,
  attempts: [],
  ...changed,
});
const batch = (changed: object = {}) => trust({ batch: { ...trust().batch, ...changed } });
const rows = (answer: RunsAnswer, of: ReturnType<typeof trust> | null) =>
  nightsOf(answer, of, () => '00:00').map(({ epoch, verdict, note }) => `${epoch} ${verdict}${note && `: ${note}`}`);

test('if no epoch is due, the open one shows its end, above the published ones', () => {
  assert.deepEqual(rows(runs(), batch()), ['2026-11-23 Not run: open until 00:00', '2026-11-22 Proved']);
  assert.deepEqual(rows(runs(), null), ['2026-11-22 Proved']);
});

test('a running run has a row; the epochs that wait have another', () => {
  assert.deepEqual(rows(runs(), batch({ behind_epochs: 1, running: '2026-11-23' })), [
    '2026-11-23 Running: under way',
    '2026-11-22 Proved',
  ]);
  assert.deepEqual(
    rows(runs(), batch({ behind_epochs: 3, running: '2026-11-23' }))[0],
    '2 epochs Not run: over, not published yet',
  );
});

test('a failed attempt stays until its epoch runs again or is published', () => {
  const failed = runs({ attempts: [attempt('2026-11-23'), attempt('2026-11-23'), attempt('2026-11-22')] });
  assert.deepEqual(rows(failed, batch({ behind_epochs: 1 })), [
    '2026-11-23 Failed: exit 5 in archive: Kafka is away',
    '2026-11-22 Proved',
  ]);
  assert.equal(
    rows(failed, batch({ behind_epochs: 1, running: '2026-11-23' }))[0],
    '2026-11-23 Running: again, after a failed attempt',
  );
  const since = runs({
    ...failed,
    runs: [summary('2026-11-23', { result: 'repaired', differences: 2 }), summary('2026-11-22')],
  });
  assert.deepEqual(
    rows(since, batch({ behind_epochs: 1, running: '2026-11-23' }))[1],
    '2026-11-23 Repaired: 2 differences, published',
  );
});
