/**
 * How many reads of the stores each kind of question makes: the first time, and again when nothing, the progress or the
 * horizon moved.
 *
 * A read is one call of a view or of the table of rows; each is one round of scans side by side. The doubles count.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { instant } from '../../../core/domain/time.ts';
import type { Serving } from '../../../serving/app/app.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import type { Sighting } from './world.ts';
import { epochOfSighting, NOW, RULES, worldOf } from './world.ts';

const DAY_MS = 86_400_000;
const ALL: Sighting[] = Array.from({ length: 40 }, (_, n) => {
  const arrival = NOW - n * 1_800_000;
  return {
    id: oid(n),
    location: oid(n % 2 === 0 ? '42' : '-7'),
    item: `item ${n % 5}`,
    detectedAt: arrival - 1_000,
    arrival,
  };
});
const day = { from: NOW - DAY_MS, to: NOW };

type Reads = [batch: number, speed: number, rows: number];

function stageWithHorizon(): Stage {
  const stage = stageOf(ALL);
  publish(stage, epochOfSighting(ALL[20]!));
  return stage;
}

function publish(stage: Stage, horizon: Epoch): void {
  stage.horizon = { epoch: horizon, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(NOW) };
  stage.world = worldOf(ALL, { horizon, prunedTo: -1 });
}

async function readsOf(stage: Stage, ask: (serving: Serving) => Promise<unknown>): Promise<Reads> {
  // Past the time for which a snapshot serves new questions.
  stage.now += 300;
  stage.asked = {};
  await ask(stage.serving);
  return [stage.asked.batchView ?? 0, stage.asked.speedView ?? 0, stage.asked.find ?? 0];
}

const COUNTS: readonly [string, (serving: Serving) => Promise<{ total: number }>][] = [
  ['top items of all places', (serving) => serving.topItems({ location: 'all', ...day })],
  ['top items of a place', (serving) => serving.topItems({ location: oid('42'), ...day })],
  ['places', (serving) => serving.locations(day)],
  ['the timeline of all places', (serving) => serving.timeline({ location: 'all', ...day })],
  ['the timeline of a place', (serving) => serving.timeline({ location: oid('42'), ...day })],
];

for (const [name, ask] of COUNTS) {
  test(`${name}: a read of each view the first time, then of what moved alone`, async () => {
    const stage = stageWithHorizon();
    const before = (await ask(stage.serving)).total;
    assert.deepEqual(await readsOf(stageWithHorizon(), ask), [1, 1, 0], 'cold');
    assert.deepEqual(await readsOf(stage, ask), [0, 0, 0], 'nothing moved');
    stage.progress = stage.progress.map((one) => ({ ...one, nextOffset: one.nextOffset + 1 }));
    assert.deepEqual(await readsOf(stage, ask), [0, 1, 0], 'progress moved');
    publish(stage, (stage.horizon!.epoch + 1) as Epoch);
    assert.deepEqual(await readsOf(stage, ask), [1, 0, 0], 'the horizon moved');
    assert.equal((await ask(stage.serving)).total, before);
  });
}

test('a narrower window within one that is remembered reads nothing', async () => {
  const stage = stageWithHorizon();
  await stage.serving.topItems({ location: 'all', ...day });
  assert.deepEqual(
    await readsOf(stage, (serving) => serving.topItems({ location: 'all', from: NOW - 3_600_000, to: NOW })),
    [0, 0, 0],
  );
});

test('timelines of all places, one after the other, are one read of each view', async () => {
  const stage = stageWithHorizon();
  const reads = await readsOf(stage, async (serving) => {
    for (const place of ['42', '-7', '1', '4711']) await serving.timeline({ location: oid(place), ...day });
  });
  assert.deepEqual(reads, [1, 1, 0]);
});

test('a window that is published and older than the speed layer counts is a read of the batch view alone', async () => {
  const stage = stageWithHorizon();
  stage.horizon = { ...stage.horizon!, epoch: (RULES.firstEpoch + 40) as Epoch };
  assert.deepEqual(await readsOf(stage, (serving) => serving.topItems({ location: 'all', ...day })), [1, 0, 0]);
});

test('a page of detections reads the counts of its hours once, its lists, and its rows once', async () => {
  const stage = stageWithHorizon();
  const reads = await readsOf(stage, (serving) =>
    serving.detections({ location: 'all', from: NOW - 1_800_000 - 60_000, to: NOW, limit: 1 }),
  );
  assert.deepEqual(reads, [1, 1, 1]);
});

test('a detection by its id is one read of its row', async () => {
  assert.deepEqual(await readsOf(stageWithHorizon(), (serving) => serving.detection(oid(3))), [0, 0, 1]);
});
