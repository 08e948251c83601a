/**
 * What questions cost on the real stores: bounds that are learnt from them, reads that end, and files of the lake that
 * are fetched once.
 *
 * Needs the addresses of the environment; uses a topic, a namespace and a folder of its own and removes them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epoch, epochAt } from '../../core/domain/epoch.ts';
import { eachHourCellOf, hourRowsOf } from '../../core/domain/hour-counts.ts';
import { oid } from '../../core/domain/oid.ts';
import { DAY_MS, dateOf, HOUR_MS, instant } from '../../core/domain/time.ts';
import { createLog } from '../../core/process/log.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { SpeedReading } from '../../core/stores/views/speed-view.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openStores } from '../../core/stores/open.ts';
import * as answers from '../../serving/answers.ts';
import { createServing } from '../../serving/app/app.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { CostConfig } from '../../serving/bounds/costs.ts';
import { getTopItems } from '../../serving/http/counts.ts';
import { getDetection, getDetections } from '../../serving/http/detections.ts';
import { servingMetrics } from '../../serving/metrics.ts';
import type { CountedStack } from '../support/counted-stack.ts';
import { countedStack } from '../support/counted-stack.ts';
import { COUNTED_RULES } from '../support/counted-world.ts';
import { OPEN_GATE } from '../support/open-gate.ts';

const now = Date.now();
const EVERYTHING = 'from=0&to=9999-12-31';
let stack: CountedStack;
let serving: Serving;
const fetched: string[] = [];

function servingOn(bounds: Partial<CostConfig>): Serving {
  const config = { ...stack.config, ...bounds };
  const lake = hdfs(config);
  const counting: Hdfs = {
    ...lake,
    download: (path, local, limits) => (fetched.push(path), lake.download(path, local, limits)),
  };
  return createServing({
    config,
    open: () => openStores(config, { callTimeoutMs: 3_000, operationTimeoutMs: 5_000 }),
    hdfs: counting,
    metrics: servingMetrics(),
    log: createLog('test', 'silent'),
    now: Date.now,
    gate: OPEN_GATE,
    snapshotFreshForMs: 0,
  });
}

const get = (query: string, signal?: AbortSignal): Request =>
  new Request(`http://127.0.0.1/?${query}`, signal ? { signal } : {});
async function total(query: string): Promise<answers.TopItemsAnswer> {
  const response = await getTopItems(get(query), {}, serving);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return answers.TopItemsAnswer.parse(JSON.parse(text));
}

async function readsSoFar(): Promise<number> {
  const metric = await serving.metrics.registry.getSingleMetric('sightline_store_reads_total')!.get();
  return metric.values.reduce((sum, { value }) => sum + value, 0);
}

before(async () => {
  stack = await countedStack({ seed: 11, now, facts: 2_000 });
  // Busy machines: what is bounded here is reads, not seconds.
  serving = servingOn({ QUESTION_SECONDS: 60, LOOKUP_SECONDS: 60 });
  await stack.countAll();
});

after(async () => {
  await serving.close();
  await stack.remove();
});

test('before anything is published, all times are counted whole and quickly', async () => {
  const answer = await total(EVERYTHING);
  assert.equal(answer.total, stack.world.facts.length);
  assert.ok(answer.searched!.from <= Math.min(...stack.world.facts.map(({ detection }) => detection.detectedAt)));
  assert.ok(answer.searched!.to <= Date.now() + DAY_MS + 60_000);
});

test('a late detection of 1970 moves the bound once it is published, and is in the counts', async () => {
  const { firstEpoch } = stack.world;
  await stack.publish(firstEpoch + 2);
  const first = await total(EVERYTHING);
  const least = Math.min(...stack.world.facts.map(({ detection }) => detection.detectedAt));
  assert.equal(first.total, stack.world.facts.length);
  assert.ok(
    first.searched!.from <= least &&
      first.searched!.from >= least - 2 * DAY_MS - 2 * COUNTED_RULES.epochSeconds * 1_000,
    String(first.searched!.from),
  );

  const late = { id: oid(5), location: oid('17'), camera: oid(1), item: 'late', detectedAt: instant(7) };
  const e = epoch(firstEpoch + 3);
  const [ofGroup, ofAll] = hourRowsOf(late, e);
  const cellsOf = (isGroup: boolean) => {
    const cells: {
      kind: 'place_item' | 'item' | 'place' | 'total';
      location: ReturnType<typeof oid> | '';
      item: string;
      minutes: number[];
      upTo: number;
    }[] = [];
    eachHourCellOf(
      late,
      (kind, location, item) =>
        (kind === 'place_item') === isGroup && cells.push({ kind, location, item, minutes: [0, 1], upTo: e }),
    );
    return cells;
  };
  await stack.stores.batchView.put([
    { name: ofGroup, cells: cellsOf(true), listed: [] },
    { name: ofAll, cells: cellsOf(false), listed: [] },
  ]);
  await stack.publish(firstEpoch + 3);
  const second = await total(EVERYTHING);
  assert.deepEqual([second.total, second.searched?.from ?? second.from], [stack.world.facts.length + 1, 0]);
  assert.equal(
    (await total(`${EVERYTHING}&location=17&limit=1000`)).items.find(({ item_name }) => item_name === 'late')?.count,
    1,
  );
});

test('a quiet place over half a century is some hundred reads, and nothing beyond is read', async () => {
  const before = await readsSoFar();
  const beganAt = Date.now();
  const response = await getDetections(get(`location=4711&${EVERYTHING}`), {}, serving);
  const page = answers.DetectionsAnswer.parse(await response.json());
  assert.deepEqual([page.detections, page.next_cursor, page.searched?.from ?? page.from], [[], null, 0]);
  const reads = (await readsSoFar()) - before;
  // Since 1970, 8,192 hours at a time, in both views.
  assert.ok(reads <= 200, `${reads} reads`);
  process.stdout.write(`# ${reads} reads, ${Date.now() - beganAt} ms\n`);
});

test('when the client leaves, its question ends and asks the stores nothing more', async () => {
  const left = new AbortController();
  const before = await readsSoFar();
  const asked = get(`location=4712&${EVERYTHING}`, left.signal);
  const response = getDetections(asked, {}, serving);
  while ((await readsSoFar()) < before + 5) await new Promise((resolve) => setTimeout(resolve, 1));
  left.abort();
  assert.equal((await response).status, 499);
  const ended = await readsSoFar();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(await readsSoFar(), ended);
});

test('the real stores count the bytes of what they read, and end with what is thrown at them', async () => {
  const hours = { from: 0, to: Math.floor(now / HOUR_MS) + 24 };
  const epochs = Array.from({ length: 20 }, (_, at) => epoch(epochAt(now, COUNTED_RULES) - at));
  let bytes = 0;
  const reading: SpeedReading = { scope: 'all', epochs, hours, levels: ['minute_item'] };
  const rows = await stack.stores.speedView.read(reading, { onBytes: (more) => (bytes += more) });
  assert.ok(bytes > 50 * rows.length, `${bytes} bytes of ${rows.length} rows`);
  const tooMuch = (): never => {
    throw new Error('too much');
  };
  await assert.rejects(stack.stores.speedView.read(reading, { onBytes: tooMuch }), /too much/);
  await assert.rejects(
    stack.stores.detections.find([oid(1)], { onBytes: tooMuch, signal: AbortSignal.abort(new Error('left')) }),
    /left/,
  );
});

test('unknown ids of one day, asked for at once, fetch each of its files once', async () => {
  const date = dateOf(stack.world.facts[0]!.detection.detectedAt);
  fetched.length = 0;
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      getDetection(get(`dt=${date}`), { detection_oid: String(-77_000 - n) }, serving),
    ),
  );
  assert.deepEqual(
    responses.map(({ status }) => status),
    Array.from({ length: 20 }, () => 404),
  );
  assert.ok(fetched.length > 0);
  assert.equal(new Set(fetched).size, fetched.length, 'each file once');
});
