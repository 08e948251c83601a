/** One view alone: an answer only when it is asked for, and then one that says which part is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { instant } from '../../../core/domain/time.ts';
import { Retryable } from '../../../core/process/errors.ts';
import * as answers from '../../../serving/answers.ts';
import { getLocations, getTimeline, getTopItems } from '../../../serving/http/counts.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import { epochOfSighting, NOW, worldOf } from './world.ts';

const OLD = {
  id: oid(1),
  location: oid('42'),
  item: 'car',
  detectedAt: NOW - 13 * 3_600_000,
  arrival: NOW - 13 * 3_600_000,
};
const NEW = { id: oid(2), location: oid('42'), item: 'bus', detectedAt: NOW - 1_000, arrival: NOW };
const QUERY = '?from=2026-11-22T14:00&to=2026-11-23T15:00&parts=true';

function published(away: readonly ('batchView' | 'speedView')[]): Stage {
  const stage = stageOf([OLD, NEW]);
  const horizon = (epochOfSighting(NEW) - 1) as Epoch;
  stage.horizon = { epoch: horizon, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(NOW) };
  stage.world = worldOf([OLD, NEW], { horizon, prunedTo: horizon });
  for (const view of away) {
    stage.world = {
      ...stage.world,
      [view]: {
        ...stage.world[view],
        [view === 'batchView' ? 'published' : 'changed']: () =>
          Promise.reject(new Retryable('HBase', `${view} is away`)),
      },
    };
  }
  return stage;
}

const asked = (query: string): Request => new Request(`http://127.0.0.1/api/v1/x${query}`);

test('with one view away a question is a 503, unless a part is allowed: then the answer names what is missing', async () => {
  for (const [away, missing, total] of [
    ['batchView', 'batch', 1],
    ['speedView', 'speed', 1],
  ] as const) {
    for (const [handler, schema] of [
      [getTopItems, answers.TopItemsAnswer],
      [getLocations, answers.LocationsAnswer],
      [getTimeline, answers.TimelineAnswer],
    ] as const) {
      const { serving } = published([away]);
      const refused = await handler(asked(QUERY), {}, serving);
      assert.deepEqual([refused.status, refused.headers.has('retry-after')], [503, true]);
      const response = await handler(asked(`${QUERY}&allow_partial=true`), {}, serving);
      const answer = schema.parse(await response.json());
      assert.deepEqual(
        [response.status, answer.view.missing, answer.total, answer.parts?.[missing]],
        [200, missing, total, 0],
      );
    }
  }
});

test('a whole answer names nothing as missing, allowed or not', async () => {
  const { serving } = published([]);
  for (const allowed of ['false', 'true']) {
    const answer = answers.TopItemsAnswer.parse(
      await (await getTopItems(asked(`${QUERY}&allow_partial=${allowed}`), {}, serving)).json(),
    );
    assert.deepEqual([answer.total, 'missing' in answer.view], [2, false]);
  }
});

test('with both views away nothing is an answer, allowed or not', async () => {
  const { serving } = published(['batchView', 'speedView']);
  assert.equal((await getTopItems(asked(`${QUERY}&allow_partial=true`), {}, serving)).status, 503);
});

test('allow_partial is true or false', async () => {
  const { serving } = published(['speedView']);
  assert.equal(
    (await getTopItems(asked('?from=2026-11-23T14:00&to=2026-11-23T15:00&allow_partial=maybe'), {}, serving)).status,
    400,
  );
});
