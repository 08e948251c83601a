/**
 * What a question costs, and when it ends without an answer: counted on ports that count their reads, asked as a caller
 * asks.
 *
 * Invariant: a question reads nothing of times at which nothing can have been counted, nothing once its asker has left,
 * and no more than it may; what it does not get is said with what helps. Ports that hang heed the limits that are
 * handed to them, as the stores do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { DAY_MS, HOUR_MS, instant } from '../../../core/domain/time.ts';
import type { ReadLimits } from '../../../core/process/read-limits.ts';
import { untilAborted } from '../../../core/process/read-limits.ts';
import * as answers from '../../../serving/answers.ts';
import type { Serving } from '../../../serving/app/app.ts';
import { getLocations, getTimeline, getTopItems } from '../../../serving/http/counts.ts';
import { getDetection, getDetections } from '../../../serving/http/detections.ts';
import { getExport } from '../../../serving/http/export.ts';
import { getMetrics } from '../../../serving/http/health.ts';
import { getLake, getRun, getRuns } from '../../../serving/http/reports.ts';
import { getStream } from '../../../serving/http/stream.ts';
import { manifestFile } from '../../../core/layout/lake.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import type { Sighting } from './world.ts';
import { NOW, RULES, worldOf } from './world.ts';

const request = (query: string, signal?: AbortSignal): Request =>
  new Request(`http://127.0.0.1:3000/api/v1/x${query}`, signal ? { signal } : {});
const seen = (
  id: number,
  location: string,
  item: string,
  detectedAt: number,
  arrival = detectedAt + 500,
): Sighting => ({ id: oid(id), location: oid(location), item, detectedAt, arrival });
const EVERYTHING = 'from=0&to=9999-12-31';

/** All but the open epoch is published and pruned. */
function published(all: Sighting[], ...rest: [] | [Parameters<typeof stageOf>[1]]): Stage {
  const stage = stageOf(all, ...rest);
  const horizon = (Math.floor(NOW / 21_600_000) - 1) as Epoch;
  stage.horizon = { epoch: horizon, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(NOW) };
  stage.world = worldOf(all, { horizon, prunedTo: horizon });
  return stage;
}

const readsOf = ({ asked }: Stage): number =>
  (asked.batchView ?? 0) + (asked.speedView ?? 0) + (asked.list ?? 0) + (asked.firstHour ?? 0);

/** Every read of the views hangs until it is ended, and tells of its limits. */
function hanging(stage: Stage, each: (limits: ReadLimits) => void = () => undefined): { begun: number; ended: number } {
  const reads = { begun: 0, ended: 0 };
  const hang = (...asked: unknown[]): Promise<never> => {
    const limits = (asked.findLast((one) => typeof one === 'object' && one !== null && 'signal' in one) ??
      {}) as ReadLimits;
    reads.begun++;
    limits.signal?.addEventListener('abort', () => reads.ended++);
    const timer = setInterval(() => each(limits), 50);
    const never = new Promise<never>(() => undefined);
    return untilAborted(never, limits.signal).finally(() => clearInterval(timer));
  };
  const { speedView, batchView } = stage.world;
  stage.world = {
    ...stage.world,
    speedView: { ...speedView, read: hang, changed: hang, list: hang },
    batchView: { ...batchView, read: hang, published: hang, list: hang },
  };
  return reads;
}

test('a quiet place over all times is a handful of reads, and the answer names the part that was looked through', async () => {
  const stage = published([seen(1, '42', 'car', NOW - 40 * DAY_MS), seen(2, '42', 'bus', NOW - 1_000)]);
  const response = await getDetections(request(`?location=4711&${EVERYTHING}`), {}, stage.serving);
  const answer = answers.DetectionsAnswer.parse(await response.json());
  assert.deepEqual([answer.from, answer.to, answer.detections], [0, Date.UTC(9999, 11, 31), []]);
  assert.deepEqual(answer.searched?.from, Math.floor((NOW - 40 * DAY_MS) / HOUR_MS) * HOUR_MS);
  assert.equal(answer.searched.to, Math.floor((NOW + DAY_MS) / 60_000) * 60_000 + 60_000);
  // Forty days and one ahead, in spans of 1, 2, 4, … hours.
  assert.ok(readsOf(stage) <= 2 * 12, `${readsOf(stage)} reads`);
});

test('counts over all times read the hours that can hold something alone, and miss nothing, however old', async () => {
  const old = [
    seen(1, '42', 'car', 7, NOW - 3 * DAY_MS),
    seen(2, '42', 'car', NOW - 200 * DAY_MS),
    seen(3, '-7', 'bus', NOW - 1_000),
    seen(4, '42', 'car', NOW + 20 * HOUR_MS, NOW),
  ];
  for (const [all, from] of [
    [old, 0],
    [old.slice(1), Math.floor((NOW - 200 * DAY_MS) / HOUR_MS) * HOUR_MS],
  ] as const) {
    const stage = published([...all]);
    const top = answers.TopItemsAnswer.parse(
      await (await getTopItems(request(`?${EVERYTHING}`), {}, stage.serving)).json(),
    );
    assert.deepEqual(
      [top.total, top.items.map(({ item_name, count }) => `${count} ${item_name}`)],
      [all.length, [`${all.length - 1} car`, '1 bus']],
    );
    assert.equal(top.searched?.from ?? top.from, from);
    const places = answers.LocationsAnswer.parse(
      await (await getLocations(request(`?${EVERYTHING}`), {}, stage.serving)).json(),
    );
    assert.deepEqual(
      places.locations.map(({ count }) => count),
      [all.length - 1, 1],
    );
    const line = answers.TimelineAnswer.parse(
      await (
        await getTimeline(request(`?from=${NOW - 201 * DAY_MS}&location=42&step=604800`), {}, stage.serving)
      ).json(),
    );
    assert.equal(
      line.total,
      all.filter(({ location, detectedAt }) => location === '42' && detectedAt < NOW && detectedAt > NOW - 201 * DAY_MS)
        .length,
    );
  }
});

test('the first hour is asked for once a horizon, and not for windows that need no bound', async () => {
  const stage = published([seen(1, '42', 'car', NOW - 40 * DAY_MS)]);
  await getTopItems(request(''), {}, stage.serving);
  assert.equal(stage.asked.firstHour ?? 0, 0);
  for (const location of ['all', '42', '7'])
    await getTopItems(request(`?${EVERYTHING}&location=${location}`), {}, stage.serving);
  assert.equal(stage.asked.firstHour, 1);
});

test('before the first epoch is published its first hour is asked for, since a broker may have stamped records before it', async () => {
  const early = RULES.firstEpoch * RULES.epochSeconds * 1_000 - 2.5 * DAY_MS;
  const stage = stageOf([seen(1, '42', 'car', early, early + DAY_MS)]);
  const top = answers.TopItemsAnswer.parse(
    await (await getTopItems(request(`?${EVERYTHING}`), {}, stage.serving)).json(),
  );
  assert.deepEqual([top.total, top.searched?.from], [1, Math.floor(early / HOUR_MS) * HOUR_MS]);
});

test('a window in which nothing can be is answered without a read, and says that nothing was looked through', async () => {
  const stage = published([seen(1, '42', 'car', NOW - DAY_MS)]);
  for (const [from, to] of [
    ['2027-01-01', '9999-12-31'],
    ['1971-01-01', '1972-01-01'],
  ] as const) {
    const top = answers.TopItemsAnswer.parse(
      await (await getTopItems(request(`?from=${from}&to=${to}`), {}, stage.serving)).json(),
    );
    assert.deepEqual([top.total, top.from, top.searched?.from], [0, Date.parse(from), top.searched?.to]);
    const page = answers.DetectionsAnswer.parse(
      await (await getDetections(request(`?from=${from}&to=${to}`), {}, stage.serving)).json(),
    );
    assert.deepEqual([page.detections, page.next_cursor], [[], null]);
  }
  assert.equal(readsOf(stage), 1, 'the first hour');
});

test('when the client leaves every read of its question ends, whatever it asked', async () => {
  const lake = hdfsDouble();
  lake.files.set(manifestFile('2026-11-22'), Buffer.from('{}'));
  const hangs = (...asked: unknown[]): Promise<never> =>
    untilAborted(new Promise<never>(() => undefined), (asked.at(-1) as ReadLimits | undefined)?.signal);
  const day = `?from=${NOW - HOUR_MS}&to=${NOW}`;
  const routes: readonly (readonly [string, (asked: Request, serving: Serving) => Promise<Response>])[] = [
    [day, (asked, serving) => getTopItems(asked, {}, serving)],
    [day, (asked, serving) => getLocations(asked, {}, serving)],
    [day, (asked, serving) => getTimeline(asked, {}, serving)],
    [day, (asked, serving) => getDetections(asked, {}, serving)],
    [`${day}&format=csv`, (asked, serving) => getExport(asked, {}, serving)],
    ['?dt=2026-11-22', (asked, serving) => getDetection(asked, { detection_oid: '4711' }, serving)],
    ['', (asked, serving) => getRuns(asked, {}, serving)],
    ['', (asked, serving) => getRun(asked, { epoch: '2026-11-22' }, serving)],
    ['', (asked, serving) => getLake(asked, {}, serving)],
    ['', (asked, serving) => getStream(asked, {}, serving)],
  ];
  for (const [query, route] of routes) {
    const stage = stageOf(
      [seen(1, '42', 'car', NOW - 1_000)],
      {},
      { ...lake, list: hangs, facts: hangs, walk: hangs, read: hangs },
    );
    const reads = hanging(stage);
    const left = new AbortController();
    const asked = request(query, left.signal);
    const response = route(asked, stage.serving);
    for (let waited = 0; waited < 20; waited++) await turn();
    left.abort();
    assert.equal((await response).status, 499, `${query} ${String(route)}`);
    for (let waited = 0; waited < 5; waited++) await turn();
    assert.equal(reads.ended, reads.begun);
    stage.serving.streams.endAll();
  }
});

test('identical questions share a read for as long as one of their askers stays', async () => {
  const stage = stageOf([seen(1, '42', 'car', NOW - 1_000)]);
  const reads = hanging(stage);
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [first, second].map(({ signal }) => getTopItems(request('', signal), {}, stage.serving));
  for (let waited = 0; waited < 20; waited++) await turn();
  first.abort();
  assert.equal((await asked[0]!).status, 499);
  assert.deepEqual([reads.begun, reads.ended], [1, 0]);
  second.abort();
  assert.equal((await asked[1]!).status, 499);
  assert.deepEqual([reads.begun, reads.ended], [1, 1]);
});

test('a question that takes too long is a 503 that names what to narrow; where no store speaks it says that instead', async () => {
  for (const isSpeaking of [true, false]) {
    const stage = stageOf([seen(1, '42', 'car', NOW - 1_000)], { QUESTION_SECONDS: 1 });
    hanging(stage, ({ onBytes }) => isSpeaking && onBytes?.(1_000));
    for (const route of [getTopItems, getDetections]) {
      const response = await route(request(''), {}, stage.serving);
      const problem = answers.Problem.parse(await response.json());
      if (isSpeaking)
        assert.deepEqual(
          [response.status, problem.title, response.headers.has('retry-after'), problem.narrow],
          [503, 'The question takes too long', false, ['from', 'to', 'location']],
        );
      else
        assert.deepEqual(
          [response.status, problem.title, response.headers.has('retry-after'), problem.narrow],
          [503, 'A store does not answer', true, undefined],
        );
    }
  }
});

test('a question that reads too many bytes is a 503 that says how many it may, and its other reads end', async () => {
  for (const route of [getTopItems, getLocations, getTimeline, getDetections]) {
    const stage = published([seen(1, '42', 'car', NOW - 1_000)], { QUESTION_MB: 1 });
    const reads = hanging(stage);
    const much = async (...asked: unknown[]): Promise<never[]> => {
      (asked.at(-1) as ReadLimits).onBytes?.(2 ** 21);
      return [];
    };
    stage.world = { ...stage.world, speedView: { ...stage.world.speedView, changed: much, read: much } };
    const response = await route(request(''), {}, stage.serving);
    const problem = answers.Problem.parse(await response.json());
    assert.deepEqual(
      [response.status, problem.title, response.headers.has('retry-after')],
      [503, 'The question asks for too much', false],
    );
    assert.match(problem.detail, /more than 1 MB/);
    assert.deepEqual([reads.begun, reads.ended], [1, 1], 'the batch view was asked side by side');
    assert.match(
      await (await getMetrics(request(''), {}, stage.serving)).text(),
      /sightline_questions_stopped_total\{because="bytes",process="serving"\} 1/,
    );
  }
});

test('reads wait for their turn, and beyond the queue a question is a 503 that says when to come again', async () => {
  const stage = stageOf([seen(1, '42', 'car', NOW - 1_000)], { READS_AT_ONCE: 1, READS_WAITING: 1 });
  const reads = hanging(stage);
  const left = new AbortController();
  const waiting = ['1', '2'].map((location) =>
    getTopItems(request(`?location=${location}`, left.signal), {}, stage.serving),
  );
  for (let waited = 0; waited < 20; waited++) await turn();
  const refused = await getTopItems(request('?location=3'), {}, stage.serving);
  const problem = answers.Problem.parse(await refused.json());
  assert.deepEqual(
    [refused.status, problem.title, refused.headers.get('retry-after')],
    [503, 'Too many requests', '2'],
  );
  assert.match(problem.detail, /1 reads of HBase are running and 1 are waiting/);
  assert.equal(reads.begun, 1);
  left.abort();
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [499, 499],
  );
  assert.match(
    await (await getMetrics(request(''), {}, stage.serving)).text(),
    /sightline_queue\{queue="reads",state="waiting",process="serving"\} 0/,
  );
});
