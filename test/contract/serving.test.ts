/**
 * Serving against the real stores: random cells are written as the layers write them, random questions must equal a
 * plain count.
 *
 * Between rounds the horizon moves as the batch layer moves it: cells of the next epochs first, and some of one that
 * stays unpublished, then the horizon, later a prune. The seed is printed; SIGHTLINE_SEED repeats it. Needs the
 * addresses of the environment; uses a topic, a namespace and a folder of its own and removes them.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { epoch, epochAt, nameOf } from '../../core/domain/epoch.ts';
import type { Config } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openStores } from '../../core/stores/open.ts';
import * as answers from '../../serving/answers.ts';
import { createServing } from '../../serving/app/app.ts';
import { labelText } from '../../serving/app/recent-metrics.ts';
import type { Serving } from '../../serving/app/app.ts';
import { getLocations, getTimeline, getTopItems } from '../../serving/http/counts.ts';
import { getDetection, getDetections } from '../../serving/http/detections.ts';
import { getReadiness } from '../../serving/http/health.ts';
import { getLake, getRun, getRuns, getTrust } from '../../serving/http/reports.ts';
import { servingMetrics } from '../../serving/metrics.ts';
import { compareUtf8 } from '../../serving/counts/rank.ts';
import type { CountedStack } from '../support/counted-stack.ts';
import { countedStack } from '../support/counted-stack.ts';
import type { Fact } from '../support/counted-world.ts';
import { OPEN_GATE } from '../support/open-gate.ts';
import { COUNTED_RULES, PLACES, randomOf } from '../support/counted-world.ts';
import { agrees } from '../support/openapi.ts';
import { recentSeries } from '../support/recent-series.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUESTIONS_A_ROUND = Number(process.env.SIGHTLINE_QUESTIONS ?? 400) / 4;

const seed = Number(process.env.SIGHTLINE_SEED ?? randomBytes(4).readUInt32BE());
const random = randomOf(seed + 1);
const now = Date.now();
let stack: CountedStack;
let serving: Serving;

function servingOn(settings: Config, clock: () => number = Date.now): Serving {
  return createServing({
    config: settings,
    open: () => openStores(settings, { callTimeoutMs: 3_000, operationTimeoutMs: 5_000 }),
    hdfs: hdfs(settings),
    metrics: servingMetrics(),
    log: createLog('test', 'silent'),
    now: clock,
    gate: OPEN_GATE,
    snapshotFreshForMs: 0,
  });
}

before(async () => {
  process.stdout.write(`SIGHTLINE_SEED=${seed}\n`);
  stack = await countedStack({ seed, now, facts: 4_000 });
  serving = servingOn(stack.config);
  await serving.ready();
  await stack.countAll();
});

after(async () => {
  await serving.close();
  await stack.remove();
});

const get = (path: string): Request => new Request(`http://127.0.0.1${path}`);
const between = (least: number, greatest: number): number => least + Math.floor(random() * (greatest - least + 1));

interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly location: string;
  readonly query: string;
}

function draw(): Drawn {
  const location = random() < 0.4 ? 'all' : random() < 0.05 ? '4711' : PLACES[between(0, PLACES.length - 1)]!;
  const unit = [1, MINUTE_MS, HOUR_MS][between(0, 2)]!;
  const spanMs = [10 * MINUTE_MS, 3 * HOUR_MS, 80 * HOUR_MS][between(0, 2)]!;
  const from = Math.floor((now - random() * 80 * HOUR_MS) / unit) * unit;
  const to = from + Math.max(unit, Math.floor((random() * spanMs) / unit) * unit);
  return { from, to, location, query: `from=${from}&to=${to}&location=${location}` };
}

function factsIn({ from, to, location }: Drawn): Fact[] {
  return stack.world.facts.filter(
    ({ detection }) =>
      detection.detectedAt >= from &&
      detection.detectedAt < to &&
      (location === 'all' || detection.location === location),
  );
}

const outward = (drawn: Drawn): Drawn => ({
  ...drawn,
  from: Math.floor(drawn.from / MINUTE_MS) * MINUTE_MS,
  to: Math.ceil(drawn.to / MINUTE_MS) * MINUTE_MS,
});

function countBy(facts: readonly Fact[], keyOf: (fact: Fact) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fact of facts) counts.set(keyOf(fact), (counts.get(keyOf(fact)) ?? 0) + 1);
  return counts;
}

async function topItemsAgree(drawn: Drawn): Promise<void> {
  const used = outward(drawn);
  const facts = factsIn(used);
  const expected = [...countBy(facts, ({ detection }) => detection.item)]
    .sort(([a, countA], [b, countB]) => countB - countA || compareUtf8(a, b))
    .map(([item_name, count], index) => ({ item_rank: index + 1, item_name, count }));
  const answer = answers.TopItemsAnswer.parse(
    await (await getTopItems(get(`/?${drawn.query}&limit=4`), {}, serving)).json(),
  );
  assert.deepEqual(
    [answer.from, answer.to, answer.total, answer.items],
    [used.from, used.to, facts.length, expected.slice(0, 4)],
    drawn.query,
  );
}

async function timelineAgrees(drawn: Drawn): Promise<void> {
  const step = [60, 600, 3_600, 86_400][between(0, 3)]!;
  const facts = factsIn(outward(drawn));
  const counts = countBy(facts, ({ detection }) =>
    String(detection.detectedAt - (detection.detectedAt % (step * 1_000))),
  );
  const answer = answers.TimelineAnswer.parse(
    await (await getTimeline(get(`/?${drawn.query}&step=${step}`), {}, serving)).json(),
  );
  const got = new Map(
    answer.points.filter(({ count }) => count > 0).map(({ t, count }) => [String(t), count] as const),
  );
  assert.deepEqual([answer.total, new Map([...got].sort())], [facts.length, new Map([...counts].sort())], drawn.query);
}

async function locationsAgree(drawn: Drawn): Promise<void> {
  const facts = factsIn({ ...outward(drawn), location: 'all' });
  const answer = answers.LocationsAnswer.parse(
    await (await getLocations(get(`/?${drawn.query}&parts=true`), {}, serving)).json(),
  );
  const got = new Map(answer.locations.map((place) => [place.geographical_location_oid, place.count] as const));
  assert.deepEqual(
    new Map([...got].sort()),
    new Map([...countBy(facts, ({ detection }) => detection.location)].sort()),
    drawn.query,
  );
  assert.deepEqual([answer.total, answer.parts!.batch + answer.parts!.speed], [facts.length, facts.length]);
}

async function pageAgrees(drawn: Drawn): Promise<void> {
  const expected = factsIn(drawn).sort(
    (a, b) =>
      b.detection.detectedAt - a.detection.detectedAt || (BigInt(a.detection.id) < BigInt(b.detection.id) ? -1 : 1),
  );
  const ask = async (cursor: string) =>
    answers.DetectionsAnswer.parse(
      await (await getDetections(get(`/?${drawn.query}&limit=7${cursor}`), {}, serving)).json(),
    );
  const first = await ask('');
  const second = first.next_cursor === null ? { detections: [] } : await ask(`&cursor=${first.next_cursor}`);
  const rows = [...first.detections, ...second.detections];
  assert.deepEqual(
    rows.map((row) => [
      row.detection_oid,
      row.geographical_location_oid,
      row.item_name,
      row.kafka_offset,
      row.incomplete,
    ]),
    expected
      .slice(0, 14)
      .map(({ detection, offset }) => [detection.id, detection.location, detection.item, offset, false]),
    drawn.query,
  );
}

async function round(): Promise<void> {
  for (let asked = 0; asked < QUESTIONS_A_ROUND; asked++) {
    const ask = [topItemsAgree, topItemsAgree, timelineAgrees, locationsAgree, pageAgrees][between(0, 4)]!;
    await ask(draw());
  }
}

test('before any epoch is published every question equals a plain count of the speed view', round);

test('with some epochs published, and their cells still in the speed view, every question equals a plain count', async () => {
  await stack.publish(stack.world.firstEpoch + 4);
  await round();
});

test('after the published epochs were pruned every question equals a plain count', async () => {
  const { control, speedView } = stack.stores;
  const horizon = (await control.horizon(1))!;
  assert.ok((await speedView.prune(horizon.epoch, horizon.cuts)) > 0);
  await round();
});

test('with all but the open epoch published every question equals a plain count', async () => {
  const upTo = epochAt(now, COUNTED_RULES) - 1;
  await stack.publish(upTo);
  await round();
  const answer = answers.TrustAnswer.parse(await (await getTrust(get('/api/v1/trust'), {}, serving)).json());
  assert.deepEqual(
    [answer.horizon?.epoch, answer.tallies.new],
    [nameOf(epoch(upTo), COUNTED_RULES), stack.world.facts.length],
  );
});

test('every answer is what the OpenAPI document says', async () => {
  for (const [path, response] of [
    ['/api/v1/top-items', getTopItems(get('/?parts=true'), {}, serving)],
    ['/api/v1/locations', getLocations(get('/?parts=true'), {}, serving)],
    ['/api/v1/timeline', getTimeline(get('/?parts=true&step=3600'), {}, serving)],
    ['/api/v1/detections', getDetections(get('/?limit=3'), {}, serving)],
    ['/api/v1/trust', getTrust(get('/'), {}, serving)],
    ['/api/v1/runs', getRuns(get('/'), {}, serving)],
    ['/api/v1/runs/{epoch}', getRun(get('/'), { epoch: '2026-11-22' }, serving)],
    ['/api/v1/lake', getLake(get('/'), {}, serving)],
    ['/readyz', getReadiness(get('/'), {}, serving)],
  ] as const) {
    await agrees(path, await response);
  }
});

test('the last hour in Prometheus is what the API answers, named and rest', async () => {
  const settings = { ...stack.config, METRICS_TOP_ITEMS: 3, METRICS_TOP_LOCATIONS: 2 };
  const still = servingOn(settings, () => now);
  const shown = recentSeries(await still.metricsText(true));
  const items = answers.TopItemsAnswer.parse(await (await getTopItems(get('/?limit=1000'), {}, still)).json());
  const places = answers.LocationsAnswer.parse(await (await getLocations(get('/'), {}, still)).json());
  await still.close();
  const sum = (counted: readonly { count: number }[]): number => counted.reduce((all, { count }) => all + count, 0);
  assert.ok(items.total > 100, `only ${items.total} detections in the last hour`);
  assert.deepEqual([shown.total, sum(shown.items), sum(shown.locations)], [items.total, items.total, places.total]);
  assert.deepEqual(shown.items, [
    ...items.items.slice(0, 3).map(({ item_name, count }) => ({ item: labelText(item_name), top: 'yes', count })),
    { item: 'other', top: 'no', count: sum(items.items.slice(3)) },
  ]);
  assert.deepEqual(
    shown.locations.map(({ location, count }) => [location, count]),
    [
      ...places.locations.slice(0, 2).map((place) => [place.geographical_location_oid, place.count]),
      ['other', sum(places.locations.slice(2))],
    ],
  );
});

test('a detection is found by its id, whatever the number', async () => {
  for (const { detection } of stack.world.facts.slice(0, 50)) {
    const response = await getDetection(
      get(`/api/v1/detections/${detection.id}`),
      { detection_oid: detection.id },
      serving,
    );
    assert.equal(answers.DetectionAnswer.parse(await response.json()).item_name, detection.item);
  }
});

test('with the store of rows away every question is a 503 with Retry-After, and readiness says why', async () => {
  const nobody = '127.0.0.1:1';
  const away = servingOn({ ...stack.config, HBASE_ZOOKEEPER: nobody, CASSANDRA_NODES: nobody });
  const response = await getTopItems(get('/api/v1/top-items'), {}, away);
  assert.equal(response.status, 503);
  assert.ok(Number(response.headers.get('retry-after')) > 0);
  assert.match(answers.Problem.parse(await response.json()).title, /HBase|Cassandra/);
  assert.equal((await getReadiness(get('/readyz'), {}, away)).status, 503);
  await away.close();
});
