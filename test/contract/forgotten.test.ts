/**
 * Detections whose rows the store has forgotten are answered from the lake: pages of a list, a detection by its id, and
 * counts all the same.
 *
 * Method: a counted world in the real stores, published up to an epoch of today; the rows of the earlier half of the
 * published epochs are deleted from the table `detections`, as their time to live would. Everything is held against the
 * world, on both sides of that border. A page gives its files in HDFS a few seconds, so it is asked for again until it
 * is whole. The seed is printed; SIGHTLINE_SEED repeats it.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { epochAt } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS, MINUTE_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openStores } from '../../core/stores/open.ts';
import { forget } from '../support/store-tables.ts';
import type { DetectionsAnswer, ListedRow } from '../../serving/answers.ts';
import type { Serving } from '../../serving/app/app.ts';
import { createServing } from '../../serving/app/app.ts';
import { servingMetrics } from '../../serving/metrics.ts';
import type { CountedStack } from '../support/counted-stack.ts';
import { countedStack } from '../support/counted-stack.ts';
import type { Fact } from '../support/counted-world.ts';
import { COUNTED_RULES, PLACES } from '../support/counted-world.ts';
import { eventually } from '../support/main-job.ts';
import { OPEN_GATE } from '../support/open-gate.ts';

const seed = Number(process.env.SIGHTLINE_SEED ?? randomBytes(4).readUInt32BE());
const now = Date.now();
const window = {
  from: Math.floor((now - 5 * DAY_MS) / MINUTE_MS) * MINUTE_MS,
  to: Math.ceil((now + 2 * DAY_MS) / MINUTE_MS) * MINUTE_MS,
};
const PAGE = 25;
let stack: CountedStack;
let serving: Serving;
let forgotten: readonly Fact[];

function servingOn(config: Config): Serving {
  return createServing({
    config,
    open: () => openStores(config, { callTimeoutMs: 10_000, operationTimeoutMs: 60_000 }),
    hdfs: hdfs(config),
    metrics: servingMetrics(),
    log: createLog('test', 'silent'),
    now: Date.now,
    gate: OPEN_GATE,
    snapshotFreshForMs: 0,
  });
}

before(async () => {
  process.stdout.write(`SIGHTLINE_SEED=${seed}\n`);
  stack = await countedStack({ seed, now, facts: 240 });
  const { world, config } = stack;
  await stack.countAll();
  const horizon = epochAt(now, COUNTED_RULES) - 1;
  await stack.publish(horizon);
  const published = world.facts.filter(({ arrival }) => epochAt(arrival, COUNTED_RULES) <= horizon);
  forgotten = published.slice(0, Math.floor(published.length / 2));
  assert.ok(forgotten.length > 20);
  await forget(config, forgotten);
  serving = servingOn(config);
});

after(async () => {
  await serving?.close();
  await stack?.remove();
});

const expected = (location: string): string[] =>
  stack.world.facts
    .filter(({ detection }) => location === 'all' || detection.location === location)
    .map(({ detection: { id, location: place, camera, item, detectedAt }, arrival, partition, offset }) =>
      [id, place, camera, item, detectedAt, arrival, partition, offset].join('|'),
    );

const told = (row: ListedRow): string =>
  [
    row.detection_oid,
    row.geographical_location_oid,
    row.video_camera_oid,
    row.item_name,
    row.timestamp_detected,
    row.arrived_at,
    row.kafka_partition,
    row.kafka_offset,
  ].join('|');

/** Every page of the list, newest first. */
async function paged(location: string): Promise<DetectionsAnswer[]> {
  const pages: DetectionsAnswer[] = [];
  for (let cursor: string | null = null; pages.length === 0 || cursor !== null; cursor = pages.at(-1)!.next_cursor) {
    const question = {
      location: location === 'all' ? ('all' as const) : oid(location),
      ...window,
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    };
    const isWhole = ({ detections }: DetectionsAnswer): boolean => detections.every(({ incomplete }) => !incomplete);
    pages.push(await eventually('the page is whole', () => serving.detections(question), isWhole, 120_000));
  }
  return pages;
}

test(
  'a list pages through all that was counted, with every field, on both sides of the border and across it',
  { timeout: 600_000 },
  async () => {
    const gone = new Set<string>(forgotten.map(({ detection }) => detection.id));
    const pages = await paged('all');
    assert.deepEqual(pages.flatMap(({ detections }) => detections.map(told)).sort(), expected('all').sort());
    const kinds = new Set(
      pages.flatMap(({ detections }) => new Set(detections.map(({ detection_oid: id }) => gone.has(id))).size),
    );
    assert.ok(kinds.has(2), 'a page lies across the border');
    const [place] = PLACES;
    assert.deepEqual(
      (await paged(place!)).flatMap(({ detections }) => detections.map(told)).sort(),
      expected(place!).sort(),
    );
  },
);

test(
  'a detection that the store of rows has forgotten is found with its day, and only with it',
  { timeout: 300_000 },
  async () => {
    const { detection } = forgotten[Math.floor(forgotten.length / 2)]!;
    assert.equal(await serving.detection(detection.id), null);
    assert.equal(await serving.detection(detection.id, dateOf(detection.detectedAt - 9 * DAY_MS)), null);
    const found = await serving.detection(detection.id, dateOf(detection.detectedAt));
    assert.deepEqual(
      [found?.found_in, told({ ...found!, incomplete: false })],
      ['lake', expected('all').find((line) => line.startsWith(`${detection.id}|`))],
    );
    const kept = stack.world.facts.at(-1)!.detection;
    assert.equal((await serving.detection(kept.id))?.found_in, stack.config.STORES);
  },
);

test('counts do not change when rows are forgotten', { timeout: 300_000 }, async () => {
  const total = stack.world.facts.length;
  const items = await serving.topItems({ location: 'all', ...window, limit: 1_000 });
  const places = await serving.locations(window);
  const timeline = await serving.timeline({ location: 'all', ...window, stepSeconds: 3_600 });
  assert.deepEqual([items.total, places.total, timeline.total], [total, total, total]);
});

test(
  'while HDFS is away the list is still whole, and says which of its rows are not',
  { timeout: 300_000 },
  async () => {
    const apart = servingOn({ ...stack.config, WEBHDFS_URL: 'http://127.0.0.1:9' });
    try {
      const { detections } = await apart.detections({ location: 'all', ...window, limit: 500 });
      assert.equal(detections.length, stack.world.facts.length);
      const incomplete = detections.filter((row) => row.incomplete).map(({ detection_oid: id }) => id);
      assert.deepEqual(incomplete.sort(), forgotten.map(({ detection }) => detection.id).sort());
    } finally {
      await apart.close();
    }
  },
);
