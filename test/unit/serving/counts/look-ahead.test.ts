/**
 * Answers do not wait for the stores while somebody asks, and say no less than the truth: the snapshot of each is one
 * on which everything it reads was looked at.
 *
 * The snapshot reader is a double whose readings and looks end when the test says so; the clock is the test's own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { HourRow } from '../../../../core/stores/views/count-view.ts';
import type { CountQuestion } from '../../../../serving/counts/plan.ts';
import type { Snapshot } from '../../../../serving/snapshot/snapshot.ts';
import { HOUR_MS, instant } from '../../../../core/domain/time.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { lookAhead } from '../../../../serving/counts/look-ahead.ts';
import { countCache } from '../../../../serving/cache/count-cache.ts';

const QUESTION: CountQuestion = { scope: 'all', subject: 'item', window: { from: instant(0), to: instant(HOUR_MS) } };

function stageOf() {
  const stage = {
    now: 10_000,
    snapshots: [] as Snapshot[],
    looks: [] as string[],
    held: [] as (() => void)[],
    isHeld: false,
    fault: null as Error | null,
  };
  const snapshots = {
    async current(other?: Snapshot): Promise<Snapshot> {
      await Promise.resolve();
      if (stage.fault) throw stage.fault;
      const last = stage.snapshots.at(-1);
      if (last && last !== other && stage.now - last.readAt <= 250) return last;
      stage.snapshots.push({ readAt: stage.now } as Snapshot);
      return stage.snapshots.at(-1)!;
    },
    isStillValid: async () => true,
    isStillListed: async () => true,
    logFault: () => null,
  };
  const look = async ({ scope }: CountQuestion): Promise<void> => {
    stage.looks.push(scope);
    if (stage.isHeld) await new Promise<void>((resolve) => stage.held.push(resolve));
  };
  return { stage, ahead: lookAhead(snapshots, look, { now: () => stage.now, freshForMs: 250, usableForMs: 1_000 }) };
}

test('an answer stands on the snapshot before until everything that was asked lately was looked at on the next', async () => {
  const { stage, ahead } = stageOf();
  ahead.noteQuestion('items', QUESTION);
  const first = await ahead.current();
  await pause(0);
  stage.isHeld = true;
  stage.now += 300;
  assert.equal(await ahead.current(), first);
  await pause(0);
  assert.equal(stage.snapshots.length, 2, 'a round is under way');
  assert.equal(await ahead.current(), first, 'and holds nobody up');
  stage.held.forEach((release) => release());
  await pause(0);
  assert.equal(await ahead.current(), stage.snapshots[1]);
  assert.deepEqual(stage.looks, ['all', 'all']);
});

test('who must have a newer snapshot waits for the round, and nobody is answered on an earlier one afterwards', async () => {
  const { stage, ahead } = stageOf();
  ahead.noteQuestion('items', QUESTION);
  const first = await ahead.current();
  stage.now += 100;
  const newer = await ahead.current(first);
  assert.notEqual(newer, first);
  assert.equal(await ahead.current(), newer);
});

test('a snapshot that is too old is not answered on: the question waits, and hears that a store is down', async () => {
  const { stage, ahead } = stageOf();
  ahead.noteQuestion('items', QUESTION);
  const first = await ahead.current();
  stage.now += 900;
  stage.fault = new Retryable('HBase', 'away');
  assert.equal(await ahead.current(), first, 'less than a second old');
  stage.now += 200;
  await assert.rejects(ahead.current(), Retryable);
  stage.fault = null;
  const next = await ahead.current();
  assert.equal(next.readAt, stage.now);
});

test('a question that waits for a snapshot is not held up by the look of another one', async () => {
  const { stage, ahead } = stageOf();
  stage.isHeld = true;
  ahead.noteQuestion('items', QUESTION);
  const snapshot = await ahead.current();
  assert.equal(snapshot, stage.snapshots[0]);
  assert.equal(await ahead.current(), snapshot, 'and it is stood on from now on');
});

test('rounds go on by themselves while somebody has asked lately, and end with that', async () => {
  const { stage, ahead } = stageOf();
  ahead.noteQuestion('items', QUESTION);
  await ahead.current();
  for (let step = 0; step < 18 && stage.snapshots.length < 3; step++) {
    stage.now += 100;
    await pause(100);
  }
  assert.ok(stage.snapshots.length >= 3, 'without a further question');
  stage.now += 10_000;
  await pause(300);
  const { length } = stage.snapshots;
  for (let step = 0; step < 5; step++) {
    stage.now += 300;
    await pause(300);
  }
  assert.equal(stage.snapshots.length, length);
});

test('of many questions the last ones are looked at, the same cells once', async () => {
  const { stage, ahead } = stageOf();
  await ahead.current();
  for (let place = 0; place < 20; place++)
    ahead.noteQuestion(`items ${place}`, { ...QUESTION, scope: String(place) as never });
  ahead.noteQuestion('items 19', { ...QUESTION, scope: '19' as never });
  stage.now += 300;
  await ahead.current();
  await pause(0);
  assert.deepEqual(stage.looks, ['12', '13', '14', '15', '16', '17', '18', '19']);
});

test('what was looked at is answered from memory while a later look is under way', async () => {
  const rows = (upTo: number): HourRow[] => [
    {
      hour: 0,
      epoch: 1 as Epoch,
      partition: 0,
      cells: [{ kind: 'item', location: '', item: 'bicycle', minutes: [0, upTo], upTo }],
    },
  ];
  let isHeld = false;
  const held = async (given: HourRow[]): Promise<HourRow[]> => (isHeld ? new Promise<never>(() => undefined) : given);
  const cache = countCache(
    { speedView: { changed: async () => held(rows(5)) }, batchView: { published: async () => held([]) } },
    1e6,
  );
  const { speed, batch } = cache.hours();
  const hours = { from: 0, to: 0 };
  const look = { epochs: [1 as Epoch], hours, horizon: 0 as Epoch, progress: [6] };
  const batchLook = (horizon: number) =>
    ({ scope: 'all', level: 'minute_item', horizon: horizon as Epoch, hours }) as const;
  await speed.sheets('all', 'minute_item', look);
  await batch.sheets(batchLook(0));
  isHeld = true;
  void speed.sheets('all', 'minute_item', { ...look, progress: [9] });
  void batch.sheets(batchLook(1));
  const [sheet] = await speed.sheets('all', 'minute_item', look);
  assert.deepEqual([sheet!.sums[0], await batch.sheets(batchLook(0))], [5, []]);
});
