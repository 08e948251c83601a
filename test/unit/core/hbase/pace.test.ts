// What a server is asked for at a time follows from how it answered.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LEAST_REQUEST_ACTIONS, Pace } from '../../../../core/hbase/pace.ts';
import { MOST_REQUEST_ACTIONS } from '../../../../core/hbase/plan.ts';

test('a late request makes the next ones a quarter as large, down to a floor', () => {
  const pace = new Pace();
  assert.equal(pace.mostActions, MOST_REQUEST_ACTIONS);
  pace.late(5_000);
  // Those that were under way beside it had the same size: that they are late too says nothing more.
  pace.late(5_000);
  assert.equal(pace.mostActions, 1_250);
  for (let size = 1_250; size > LEAST_REQUEST_ACTIONS; size = pace.mostActions) pace.late(size);
  assert.equal(pace.mostActions, LEAST_REQUEST_ACTIONS);
});

test('a few actions that were late change nothing', () => {
  const pace = new Pace();
  pace.late(LEAST_REQUEST_ACTIONS);
  assert.equal(pace.mostActions, MOST_REQUEST_ACTIONS);
});

test('quick answers to requests that used their allowance double it, up to the most', () => {
  const pace = new Pace();
  pace.late(2_000);
  assert.equal(pace.mostActions, 500);
  pace.answered(100, 1, 5_000);
  pace.answered(500, 2_000, 5_000);
  assert.equal(pace.mostActions, 500);
  pace.answered(400, 100, 5_000);
  assert.equal(pace.mostActions, 1_000);
  for (let i = 0; i < 5; i++) pace.answered(pace.mostActions, 100, 5_000);
  assert.equal(pace.mostActions, MOST_REQUEST_ACTIONS);
});
