/** Rows of the speed view that have the mark of doubt make answers provisional, for their hours and no others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { HOUR_MS, instant } from '../../../core/domain/time.ts';
import * as answers from '../../../serving/answers.ts';
import { provisional } from '../../../serving/counts/provisional.ts';
import { getLocations, getTimeline, getTopItems } from '../../../serving/http/counts.ts';
import { getDetections } from '../../../serving/http/detections.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import { epochOfSighting, NOW, worldOf } from './world.ts';

const MARKED_HOUR = Math.floor(NOW / HOUR_MS) - 1;
const sighting = (id: number, hour: number) => {
  const detectedAt = hour * HOUR_MS + 60_000 * id;
  return { id: oid(id), location: oid('42'), item: 'car', detectedAt, arrival: detectedAt };
};
const ALL = [sighting(1, MARKED_HOUR - 1), sighting(2, MARKED_HOUR), sighting(3, MARKED_HOUR + 1)];
const IN_DOUBT = { from: MARKED_HOUR * HOUR_MS, to: (MARKED_HOUR + 1) * HOUR_MS };
const QUESTIONS = [
  [getTopItems, answers.TopItemsAnswer],
  [getLocations, answers.LocationsAnswer],
  [getTimeline, answers.TimelineAnswer],
  [getDetections, answers.DetectionsAnswer],
] as const;

/** The rows of one hour have the mark while `isMarked`. */
function marked(): Stage & { isMarked: boolean } {
  const stage = Object.assign(stageOf(ALL), { isMarked: true });
  const { speedView } = stage.world;
  const withMark = <R extends object>(row: R, hour: number): R =>
    stage.isMarked && hour === MARKED_HOUR ? { ...row, isDoubtful: true } : row;
  stage.world = {
    ...stage.world,
    speedView: {
      ...speedView,
      changed: async (...asked) => (await speedView.changed(...asked)).map((row) => withMark(row, row.hour)),
      list: async (...asked) =>
        (await speedView.list(...asked)).map((entry) => withMark(entry, Math.floor(entry.detectedAt / HOUR_MS))),
    },
  };
  return stage;
}

const ask = (hour: number, hours: number): Request =>
  new Request(`http://127.0.0.1/api/v1/x?from=${hour * HOUR_MS}&to=${(hour + hours) * HOUR_MS}`);

test('an answer that reads a marked row names its hour, and one of other hours names nothing', async () => {
  for (const [handler, schema] of QUESTIONS) {
    const { serving } = marked();
    const viewOf = async (...window: [number, number]) =>
      schema.parse(await (await handler(ask(...window), {}, serving)).json()).view;
    const whole = await viewOf(MARKED_HOUR - 1, 3);
    assert.deepEqual([whole.provisional, whole.in_doubt], [true, IN_DOUBT], handler.name);
    for (const hour of [MARKED_HOUR - 1, MARKED_HOUR + 1]) {
      const view = await viewOf(hour, 1);
      assert.deepEqual([view.provisional, view.in_doubt], [undefined, undefined], handler.name);
    }
  }
});

test('an hour in memory stays doubtful, until its epoch is published', async () => {
  const stage = marked();
  const view = async () =>
    answers.TopItemsAnswer.parse(await (await getTopItems(ask(MARKED_HOUR - 1, 3), {}, stage.serving)).json()).view;
  assert.deepEqual((await view()).in_doubt, IN_DOUBT);
  stage.isMarked = false;
  stage.now += 1_000;
  stage.progress = stage.progress.map((each) => ({ ...each, nextOffset: each.nextOffset + 10 }));
  assert.deepEqual((await view()).in_doubt, IN_DOUBT);
  const horizon = epochOfSighting(ALL[2]!) as Epoch;
  stage.horizon = { epoch: horizon, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(NOW) };
  stage.world = worldOf(ALL, { horizon, prunedTo: -1 });
  stage.now += 1_000;
  assert.equal((await view()).provisional, undefined);
});

test('marked rows and spans of progress are named together, each only if the window meets it', () => {
  const [span, row] = [
    { from: 100, to: 199 },
    { from: 400, to: 499 },
  ];
  const of = (from: number, to: number, isSure = true) =>
    provisional({ doubted: span, isSure: () => isSure }, row, { from, to }).in_doubt;
  assert.deepEqual(of(0, 1_000), { from: 100, to: 500 });
  assert.deepEqual(of(0, 200), { from: 100, to: 200 });
  assert.deepEqual(of(300, 450), { from: 400, to: 500 });
  assert.equal(of(500, 600), undefined);
  assert.deepEqual(of(500, 600, false), { from: 500, to: 600 });
});
