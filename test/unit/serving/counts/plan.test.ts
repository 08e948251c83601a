/** What a question reads, seen from its plan: levels, hours, minutes, epochs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { PlanSnapshot, Subject } from '../../../../serving/counts/plan.ts';
import { HOUR_MS, instant } from '../../../../core/domain/time.ts';
import { countCache } from '../../../../serving/cache/count-cache.ts';
import { planCounts, speedEpochsOf } from '../../../../serving/counts/plan.ts';
import { readPlan } from '../../../../serving/counts/read.ts';
import { NOW, RULES, worldOf } from '../world.ts';

const at = (iso: string): number => Date.parse(`2026-11-${iso}:00Z`);
const window = (from: string, to: string) => ({ from: instant(at(from)), to: instant(at(to)) });
const snapshot: PlanSnapshot = { rules: RULES, horizon: null, now: NOW, latestArrival: NOW };
const hour = (iso: string): number => at(iso) / HOUR_MS;

function readsOf(subject: Subject, from: string, to: string, horizon: Epoch | null = null) {
  return planCounts({ scope: 'all', subject, window: window(from, to) }, { ...snapshot, horizon }).reads;
}

test('whole hours are read from the level of an hour, the edges from that of a minute', () => {
  assert.deepEqual(readsOf('item', '23T09:58', '23T13:02'), [
    {
      view: 'speed',
      level: 'minute_item',
      hours: { from: hour('23T09:00'), to: hour('23T09:00') },
      minutes: { from: 58, to: 60 },
    },
    { view: 'speed', level: 'hour_item', hours: { from: hour('23T10:00'), to: hour('23T12:00') } },
    {
      view: 'speed',
      level: 'minute_item',
      hours: { from: hour('23T13:00'), to: hour('23T13:00') },
      minutes: { from: 0, to: 2 },
    },
  ]);
});

test('a window of whole hours reads no minutes', () => {
  assert.deepEqual(readsOf('place', '22T09:00', '23T09:00'), [
    { view: 'speed', level: 'hour_place', hours: { from: hour('22T09:00'), to: hour('23T08:00') } },
  ]);
});

test('a window within an hour is one read of its minutes', () => {
  assert.deepEqual(readsOf('item', '23T09:10', '23T09:20'), [
    {
      view: 'speed',
      level: 'minute_item',
      hours: { from: hour('23T09:00'), to: hour('23T09:00') },
      minutes: { from: 10, to: 20 },
    },
  ]);
});

test('a timeline is one read of minutes a view', () => {
  const horizon = (RULES.firstEpoch + 2) as Epoch;
  assert.deepEqual(
    readsOf('minute', '20T09:10', '23T09:20', horizon).map(({ view, level }) => `${view} ${level}`),
    ['batch minute', 'speed minute'],
  );
});

test('a week costs one read a view', async () => {
  const world = worldOf([], { horizon: (RULES.firstEpoch + 2) as Epoch, prunedTo: -1 });
  const plan = planCounts(
    { scope: 'all', subject: 'item', window: window('16T09:31', '23T09:32') },
    { ...snapshot, horizon: (RULES.firstEpoch + 2) as Epoch },
  );
  await readPlan(plan, [0, 0, 0], countCache(world, 1e6).hours());
  assert.equal(world.reads.length, 2);
});

test('before the first epoch is published the batch view is not read', () => {
  assert.ok(readsOf('item', '20T09:10', '23T09:20').every(({ view }) => view === 'speed'));
});

test('the speed view is asked only for epochs after the horizon', () => {
  const horizon = (RULES.firstEpoch + 5) as Epoch;
  const epochs = speedEpochsOf(window('20T00:00', '23T14:32'), { ...snapshot, horizon });
  assert.equal(epochs[0], horizon + 1);
});

test('an old window asks no epoch in which the speed layer could not have counted it', () => {
  const rules = { ...RULES, firstEpoch: RULES.firstEpoch - 100 };
  const epochs = speedEpochsOf(window('10T12:00', '10T13:00'), { ...snapshot, rules });
  const startsAt = (e: number): number => e * rules.epochSeconds * 1_000;
  assert.ok(
    startsAt(epochs[0]!) <= at('09T12:00') && startsAt(epochs[0]! + 1) > at('09T12:00'),
    'from a day before: clocks ahead',
  );
  assert.ok(
    startsAt(epochs.at(-1)!) < at('12T13:00') && startsAt(epochs.at(-1)! + 1) >= at('12T13:00'),
    'to two days after: late ones',
  );
});

test('an epoch that began by the clock of a broker ahead of ours is asked too', () => {
  const ahead = NOW + 3 * RULES.epochSeconds * 1_000;
  const epochs = speedEpochsOf(window('23T13:00', '23T14:32'), { ...snapshot, latestArrival: ahead });
  assert.ok(epochs.includes(Math.floor(ahead / (RULES.epochSeconds * 1_000)) as Epoch));
});

test('everything that is published leaves the speed view unread', () => {
  const horizon = (RULES.firstEpoch + 40) as Epoch;
  assert.ok(readsOf('item', '20T09:00', '20T10:00', horizon).every(({ view }) => view === 'batch'));
});
