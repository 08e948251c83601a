/**
 * Which epoch may be published when: in order, each once, none before it is over (law L9 and the contract of exit
 * codes).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Rules } from '../../../../core/domain/rules.ts';
import { readEpochRange, countUnpublished, planNextRun } from '../../../../batch-layer/epochs/next-epochs.ts';

const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 300,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 1,
  firstEpoch: 100,
  firstOffsets: [0],
};
const e = (number: number): Epoch => number as Epoch;
const at = (number: number): number => number * 300_000;
const horizon = (number: number) => ({ epoch: e(number) });
const isUsage = (fault: { exitCode?: number }): boolean => fault.exitCode === 2;

test('without a range, the next epoch is run if it is over', () => {
  const all = { from: null, to: null };
  assert.deepEqual(planNextRun(all, null, RULES, at(101)), { run: 100 });
  assert.deepEqual(planNextRun(all, horizon(104), RULES, at(106)), { run: 105 });
  assert.ok('stop' in planNextRun(all, horizon(104), RULES, at(106) - 1));
});

test('a named epoch is run if it is the next, skipped if it is published, refused if it lies beyond', () => {
  const one = { from: e(105), to: e(105) };
  assert.deepEqual(planNextRun(one, horizon(104), RULES, at(110)), { run: 105 });
  assert.ok('stop' in planNextRun(one, horizon(105), RULES, at(110)));
  assert.throws(() => planNextRun(one, horizon(103), RULES, at(110)), isUsage);
  assert.throws(() => planNextRun(one, null, RULES, at(110)), isUsage);
});

test('a range is run from the horizon to its end', () => {
  const range = { from: e(103), to: e(106) };
  assert.deepEqual(planNextRun(range, horizon(104), RULES, at(110)), { run: 105 });
  assert.ok('stop' in planNextRun(range, horizon(106), RULES, at(110)));
});

test('an epoch is named by its name, and other texts are refused', () => {
  assert.deepEqual(readEpochRange({}, RULES), { from: null, to: null });
  assert.deepEqual(readEpochRange({ epoch: '1970-01-01T0820' }, RULES), { from: 100, to: 100 });
  assert.deepEqual(readEpochRange({ from: '1970-01-01T0820', to: '1970-01-01T0830' }, RULES), { from: 100, to: 102 });
  assert.throws(() => readEpochRange({ epoch: '1970-01-01T0821' }, RULES), isUsage);
  assert.throws(() => readEpochRange({ epoch: '1970-01-01T0820', to: '1970-01-01T0830' }, RULES), isUsage);
  assert.throws(() => readEpochRange({ from: '1970-01-01T0830', to: '1970-01-01T0820' }, RULES), isUsage);
});

test('the unpublished epochs are those that are over and after the horizon', () => {
  assert.equal(countUnpublished(null, RULES, at(100)), 0);
  assert.equal(countUnpublished(null, RULES, at(103)), 3);
  assert.equal(countUnpublished(horizon(101), RULES, at(103) + 5), 1);
});
