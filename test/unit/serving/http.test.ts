/** The API as a caller meets it: answers by their schema, faults as problems, one snapshot under each answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { Sighting } from './world.ts';
import { oid } from '../../../core/domain/oid.ts';
import { NO_TALLIES } from '../../../core/domain/tallies.ts';
import { instant } from '../../../core/domain/time.ts';
import { Refusal, Retryable } from '../../../core/process/errors.ts';
import * as answers from '../../../serving/answers.ts';
import { getLocations, getTimeline, getTopItems } from '../../../serving/http/counts.ts';
import { getDetection, getDetections } from '../../../serving/http/detections.ts';
import { getHealth, getMetrics, getReadiness } from '../../../serving/http/health.ts';
import { getTrust } from '../../../serving/http/reports.ts';
import { stageOf } from './serving-double.ts';
import { NOW, RULES, worldOf } from './world.ts';

const request = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://127.0.0.1:3000${path}`, { headers });
const seen = (id: number, location: string, item: string, agoMs = 60_000): Sighting => ({
  id: oid(id),
  location: oid(location),
  item,
  detectedAt: NOW - agoMs,
  arrival: NOW - agoMs + 500,
});
const FEW = [seen(1, '42', 'car'), seen(2, '42', 'bicycle'), seen(3, '-7', 'car', 120_000)];

test('the most counted items come with rank, total, window and view', async () => {
  const stage = stageOf(FEW);
  const response = await getTopItems(request('/api/v1/top-items?limit=1&parts=true'), {}, stage.serving);
  assert.equal(response.status, 200);
  const answer = answers.TopItemsAnswer.strict().parse(await response.json());
  assert.deepEqual(answer, {
    location: 'all',
    from: Date.UTC(2026, 10, 23, 13, 31),
    to: Date.UTC(2026, 10, 23, 14, 32),
    total: 3,
    distinct_items: 2,
    items: [{ item_rank: 1, item_name: 'car', count: 2 }],
    view: { horizon: null, speed_as_of: NOW, freshness_ms: 0, reference_version: null },
    parts: { batch: 0, speed: 3 },
  });
});

test('a place that nobody has seen is an answer with total 0', async () => {
  const stage = stageOf(FEW);
  const response = await getTopItems(request('/api/v1/top-items?location=4711'), {}, stage.serving);
  const answer = answers.TopItemsAnswer.parse(await response.json());
  assert.deepEqual([response.status, answer.total, answer.items], [200, 0, []]);
});

test('places have the names that dataset B has now; unknown ones are counted, quiet ones shown with 0', async () => {
  const stage = stageOf(FEW);
  stage.reference = { version: 3, locations: 2, loadedAt: instant(0) };
  stage.names = new Map([
    ['42', 'Hall B'],
    ['5', 'Quiet Street'],
  ]);
  const ask = async () =>
    answers.LocationsAnswer.parse(await (await getLocations(request('/api/v1/locations'), {}, stage.serving)).json());
  const first = await ask();
  assert.deepEqual(first.locations, [
    { geographical_location_oid: '42', geographical_location: 'Hall B', count: 2 },
    { geographical_location_oid: '-7', geographical_location: null, count: 1 },
    { geographical_location_oid: '5', geographical_location: 'Quiet Street', count: 0 },
  ]);
  stage.reference = { version: 4, locations: 3, loadedAt: instant(1) };
  stage.names.set('-7', 'New Gate');
  stage.now += 1_500;
  const second = await ask();
  assert.equal(second.view.reference_version, 4);
  assert.equal(second.locations[1]?.geographical_location, 'New Gate');
});

test('a timeline has a point for every step, the empty ones too', async () => {
  const stage = stageOf(FEW);
  const response = await getTimeline(request('/api/v1/timeline?step=600'), {}, stage.serving);
  const answer = answers.TimelineAnswer.parse(await response.json());
  assert.equal(answer.points.length, 7);
  assert.ok(answer.points.every(({ t }) => t % 600_000 === 0));
  assert.deepEqual(answer.points.at(-1), { t: Date.UTC(2026, 10, 23, 14, 30), count: 2 });
  assert.equal(answer.points.at(-2)?.count, 1);
});

test('a detection whose row is gone stays in the list, marked incomplete', async () => {
  const stage = stageOf(FEW);
  stage.all = FEW.slice(1);
  const response = await getDetections(request('/api/v1/detections?location=42'), {}, stage.serving);
  const { detections } = answers.DetectionsAnswer.parse(await response.json());
  assert.deepEqual(
    detections.map(({ detection_oid, incomplete, item_name }) => [detection_oid, incomplete, item_name]),
    [
      ['1', true, undefined],
      ['2', false, 'bicycle'],
    ],
  );
});

test('pages of detections follow each other by the cursor', async () => {
  const stage = stageOf(FEW);
  const ids: string[] = [];
  let path = '/api/v1/detections?limit=1';
  for (let cursor: string | null = ''; cursor !== null; path = `/api/v1/detections?limit=1&cursor=${cursor}`) {
    const page = answers.DetectionsAnswer.parse(await (await getDetections(request(path), {}, stage.serving)).json());
    ids.push(...page.detections.map(({ detection_oid }) => detection_oid));
    cursor = page.next_cursor;
  }
  assert.deepEqual(ids, ['1', '2', '3']);
});

test('one detection is its joined row, or a 404', async () => {
  const stage = stageOf(FEW);
  const found = await getDetection(request('/api/v1/detections/2'), { detection_oid: '2' }, stage.serving);
  const row = answers.DetectionAnswer.parse(await found.json());
  assert.deepEqual(
    [row.item_name, row.video_camera_oid, row.deferred, row.found_in],
    ['bicycle', '3021', false, 'hbase'],
  );
  const missing = await getDetection(request('/api/v1/detections/9'), { detection_oid: '9' }, stage.serving);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('content-type'), 'application/problem+json');
});

test('a bad parameter is a 400 that names it', async () => {
  const { serving } = stageOf(FEW);
  const asked: [Promise<Response>, string][] = [
    [getTopItems(request('/api/v1/top-items?location=017'), {}, serving), 'location'],
    [getTopItems(request('/api/v1/top-items?location=9223372036854775808'), {}, serving), 'location'],
    [getTopItems(request('/api/v1/top-items?location=1&location=2'), {}, serving), 'location'],
    [getTopItems(request('/api/v1/top-items?from=yesterday'), {}, serving), 'from'],
    [getTopItems(request('/api/v1/top-items?from=2000&to=1000'), {}, serving), 'to'],
    [getTopItems(request('/api/v1/top-items?limit=0'), {}, serving), 'limit'],
    [getTopItems(request('/api/v1/top-items?limit=1.5'), {}, serving), 'limit'],
    [getTopItems(request('/api/v1/top-items?parts=yes'), {}, serving), 'parts'],
    [getTimeline(request('/api/v1/timeline?step=90'), {}, serving), 'step'],
    [getTimeline(request('/api/v1/timeline?from=0&step=60'), {}, serving), 'step'],
    [getTimeline(request('/api/v1/timeline?step=90000&tz=Europe/Berlin'), {}, serving), 'step'],
    [getTimeline(request('/api/v1/timeline?tz=Europe/Atlantis'), {}, serving), 'tz'],
    [getTimeline(request('/api/v1/timeline?tz=%2B02:00'), {}, serving), 'tz'],
    [getDetections(request('/api/v1/detections?cursor=abc'), {}, serving), 'cursor'],
    [getDetections(request('/api/v1/detections?limit=501'), {}, serving), 'limit'],
    [getDetection(request('/api/v1/detections/1?dt=2026-13-01'), { detection_oid: '1' }, serving), 'dt'],
    [getDetection(request('/api/v1/detections/x'), { detection_oid: 'x' }, serving), 'detection_oid'],
  ];
  for (const [answer, field] of asked) {
    const response = await answer;
    const problem = answers.Problem.parse(await response.json());
    assert.deepEqual([response.status, problem.field], [400, field]);
  }
});

test('a store that is away is a 503 with Retry-After, never a partial number', async () => {
  const stage = stageOf(FEW);
  stage.horizon = { epoch: (RULES.firstEpoch + 1) as Epoch, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(0) };
  for (const part of ['open', 'control', 'views'] as const) {
    stage.faults = { [part]: new Retryable('HBase', 'the region server is away') };
    stage.now += 1_000;
    const response = await getTopItems(request('/api/v1/top-items'), {}, stage.serving);
    const problem = answers.Problem.parse(await response.json());
    assert.deepEqual(
      [response.status, response.headers.has('retry-after'), problem.title],
      [503, true, 'HBase does not answer'],
      part,
    );
  }
  stage.faults = {};
  stage.now += 1_000;
  assert.equal((await getTopItems(request('/api/v1/top-items'), {}, stage.serving)).status, 200);
});

test('a system with other rules refuses to serve and says which', async () => {
  const stage = stageOf();
  stage.faults = { open: new Refusal(2, 'EPOCH_SECONDS is 60, recorded was 300') };
  const response = await getTopItems(request('/api/v1/top-items'), {}, stage.serving);
  assert.equal(response.status, 503);
  assert.match(answers.Problem.parse(await response.json()).detail, /recorded was 300/);
});

test('a bug is a 500 that shows the request id and no inner message', async () => {
  const stage = stageOf(FEW);
  stage.faults = { views: new TypeError('secret detail') };
  const response = await getTopItems(request('/api/v1/top-items', { 'x-request-id': 'abc-1' }), {}, stage.serving);
  const text = await response.text();
  assert.equal(response.status, 500);
  assert.match(text, /abc-1/);
  assert.doesNotMatch(text, /secret/);
});

test('while Kafka is away counts are still answered and freshness grows; trust is not', async () => {
  const stage = stageOf(FEW);
  stage.progress = [0, 1, 2].map((partition) => ({
    partition,
    nextOffset: 5,
    arrival: instant(NOW - 4_000),
    tallies: NO_TALLIES,
  }));
  stage.faults = { ends: new Retryable('Kafka', 'the broker is away') };
  const answer = answers.TopItemsAnswer.parse(
    await (await getTopItems(request('/api/v1/top-items'), {}, stage.serving)).json(),
  );
  assert.deepEqual([answer.total, answer.view.speed_as_of, answer.view.freshness_ms], [3, NOW - 4_000, 4_000]);
  assert.equal((await getTrust(request('/api/v1/trust'), {}, stage.serving)).status, 503);
});

test('identical questions of one moment share a read', async () => {
  const stage = stageOf(FEW);
  const ask = () =>
    getTopItems(request('/api/v1/top-items?from=2026-11-23T14:00&to=2026-11-23T14:20'), {}, stage.serving);
  await Promise.all(Array.from({ length: 20 }, ask));
  assert.deepEqual([stage.asked.speedView, stage.asked.ends, stage.asked.progress], [1, 1, 1]);
  stage.now += 300;
  await ask();
  assert.deepEqual([stage.asked.speedView, stage.asked.progress], [1, 2], 'nothing moved, nothing is read');
  stage.progress = stage.progress.map((one) => ({ ...one, nextOffset: one.nextOffset + 1 }));
  stage.now += 300;
  await ask();
  assert.equal(stage.asked.speedView, 2);
});

test('an answer is read again if an epoch could have been pruned on the way', async () => {
  const stage = stageOf(FEW);
  stage.graceSeconds = 10;
  const moved = { epoch: (RULES.firstEpoch + 40) as Epoch, cuts: [0, 0, 0], arrivals: [], publishedAt: instant(NOW) };
  const before = stage.world;
  stage.world = {
    ...before,
    speedView: {
      ...before.speedView,
      // Slower than the grace: meanwhile everything was published and pruned.
      async changed() {
        stage.now += 6_000;
        stage.horizon = moved;
        stage.world = worldOf(FEW, { horizon: moved.epoch, prunedTo: moved.epoch });
        return [];
      },
    },
  };
  const answer = answers.TopItemsAnswer.parse(
    await (
      await getTopItems(request('/api/v1/top-items?from=2026-11-23T14:00&to=2026-11-23T14:40'), {}, stage.serving)
    ).json(),
  );
  assert.deepEqual([answer.total, answer.view.horizon], [3, '2026-11-30T0000']);
});

test('trust adds up: records are the sum of what became of them, partitions worst first', async () => {
  const stage = stageOf();
  const tallies = { ...NO_TALLIES, new: 5, copies: 2, dead_letters: 1, dead_letters_by_reason: { not_json: 1 } };
  stage.ends = [8, 20, 8];
  stage.progress = [0, 1, 2].map((partition) => ({ partition, nextOffset: 8, arrival: instant(NOW - 2_000), tallies }));
  const answer = answers.TrustAnswer.parse(await (await getTrust(request('/api/v1/trust'), {}, stage.serving)).json());
  assert.deepEqual(answer.tallies, {
    records: 24,
    new: 15,
    copies: 6,
    strays: 0,
    deferred: 0,
    dead_letters: 3,
    ticks: 0,
  });
  assert.deepEqual(
    [answer.partitions[0]?.partition, answer.partitions[0]?.behind_records, answer.partitions[0]?.behind_seconds],
    [1, 12, 2],
  );
  assert.deepEqual(answer.dead_letters, [{ reason: 'not_json', meaning: 'the value is not JSON', count: 3 }]);
  assert.equal(answer.view.freshness_ms, 2_000);
  assert.equal(answer.batch.behind_epochs, Math.floor(NOW / 21_600_000) - RULES.firstEpoch);
});

test('trust names the epoch that a run is publishing, for as long as somebody alive holds the lake', async () => {
  const stage = stageOf();
  const running = async () =>
    answers.TrustAnswer.parse(await (await getTrust(request('/api/v1/trust'), {}, stage.serving)).json()).batch.running;
  assert.equal(await running(), null);
  stage.lease = { owner: 'here:1:1', renewal: 4, lengthMs: 10_000 };
  assert.equal(await running(), '2026-11-20T0000');
  stage.now += 9_000;
  assert.equal(await running(), '2026-11-20T0000');
  stage.now += 1_000;
  assert.equal(await running(), null);
  stage.lease = { ...stage.lease, renewal: 5 };
  assert.equal(await running(), '2026-11-20T0000');
  stage.lease = { ...stage.lease, owner: '', renewal: 6 };
  assert.equal(await running(), null);
});

test('a partition that is being added is told, and one that nobody recorded counts as behind once it holds a record', async () => {
  const stage = stageOf();
  stage.growingTo = 5;
  stage.ends = [...stage.progress.map(({ nextOffset }) => nextOffset), 0, 0, 0];
  const told = async () =>
    answers.TrustAnswer.parse(await (await getTrust(request('/api/v1/trust'), {}, stage.serving)).json());
  const quiet = await told();
  assert.deepEqual([quiet.partitions.length, quiet.view.freshness_ms], [5, 0]);
  stage.ends[5] = 1;
  stage.now += 10_000;
  const behind = await told();
  assert.deepEqual(
    [behind.partitions.length, behind.partitions[0]?.partition, behind.partitions[0]?.behind_records],
    [6, 5, 1],
  );
  assert.ok(behind.view.freshness_ms > 0);
});

test('every answer carries a request id, no-store and security headers', async () => {
  const { serving } = stageOf();
  for (const response of [
    await getTopItems(request('/api/v1/top-items'), {}, serving),
    await getHealth(request('/healthz'), {}, serving),
    await getTopItems(request('/api/v1/top-items?limit=x', { 'x-request-id': 'bad id\u00e9' }), {}, serving),
  ]) {
    assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  }
});

test('readiness names what is away; metrics count the answers', async () => {
  const stage = stageOf();
  assert.equal((await getReadiness(request('/readyz'), {}, stage.serving)).status, 200);
  stage.faults = { ends: new Retryable('Kafka', 'no broker') };
  stage.now += 4_000;
  const response = await getReadiness(request('/readyz'), {}, stage.serving);
  const answer = answers.ReadyAnswer.parse(await response.json());
  assert.deepEqual([response.status, answer.checks.filter(({ ok }) => !ok).map(({ name }) => name)], [503, ['log']]);
  const text = await (await getMetrics(request('/metrics'), {}, stage.serving)).text();
  assert.match(text, /sightline_api_requests_total\{route="\/readyz",status="503",process="serving"\} 1/);
});
