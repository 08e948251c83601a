/** What the speed layer counted against what is published, cell by cell, with the ids behind a difference (law L8). */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Detection } from '../../../../core/domain/detection.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import type { CountCell } from '../../../../core/domain/counts.ts';
import type { CountRow } from '../../../../core/stores/views/count-view.ts';
import type { Draft } from '../../../../batch-layer/report/report.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { eachCellOf, rowsOf } from '../../../support/levels.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { NO_TALLIES } from '../../../../core/domain/tallies.ts';
import { DAY_MS, hourOf, minuteOf } from '../../../../core/domain/time.ts';
import { createTable, DETECTION_COLUMNS } from '../../../../core/layout/lake-columns.ts';
import { openDuck } from '../../../../core/stores/lake/duckdb.ts';
import { compare } from '../../../../batch-layer/proof/compare.ts';
import { speedProgress } from '../../../../batch-layer/proof/speed-progress.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';

const EPOCH = 20_000_000 as Epoch;
const AT = (EPOCH * 60_000 + 1_000) as Instant;
const RULES: RecordedRules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 60,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 2,
  firstEpoch: EPOCH,
  firstOffsets: [0, 0],
  topicId: 't',
};

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-compare-'));
  await mkdir(join(folder, 'work'), { recursive: true });
});
after(() => rm(folder, { recursive: true, force: true }));

interface Met {
  readonly partition: number;
  readonly offset: number;
  readonly detection: Detection;
}

function detections(count: number, items = ['bicycle', "o'clock", 'café']): Met[] {
  return Array.from({ length: count }, (_, i) => ({
    partition: i % 2,
    offset: Math.floor(i / 2),
    detection: {
      id: oid(9_007_199_254_740_992n + BigInt(i)),
      location: oid(i % 3),
      camera: oid(1),
      item: items[i % items.length]!,
      detectedAt: AT,
    },
  }));
}

/** The rows that a speed layer would have, of these detections. */
function countRows(met: readonly Met[]): CountRow[] {
  const rows = new Map<string, CountRow & { cells: CountCell[] }>();
  for (const { partition, offset, detection } of met) {
    const [place] = rowsOf(detection, EPOCH);
    eachCellOf(detection, (scope, { level, minute, subject }) => {
      if (scope === 'all' || level !== 'minute_item') return;
      const key = `${partition} ${place.scope}`;
      const row = rows.get(key) ?? { ...place, partition, cells: [] };
      rows.set(key, row);
      const at = row.cells.findIndex((each) => each.subject === subject);
      const count = (row.cells[at]?.count ?? 0) + 1;
      row.cells.splice(at < 0 ? row.cells.length : at, 1, { level, minute, subject, count, upTo: offset });
    });
  }
  return [...rows.values()];
}

function worldWith(speed: readonly Met[], options: { progress?: number } = {}): World {
  const world = worldOf(RULES);
  world.speedRows = countRows(speed);
  for (const { partition, offset, detection } of speed) {
    world.rows.set(detection.id, { logLife: 1, partition, offset, arrival: AT, detection });
  }
  world.progress = [0, 1].map((partition) => ({
    partition,
    nextOffset: options.progress ?? 1_000,
    arrival: AT,
    tallies: NO_TALLIES,
  }));
  for (const partition of [0, 1])
    world.cutTallies!.set(`${partition}/500`, { partition, cut: 500, tallies: NO_TALLIES });
  return world;
}

async function compared(world: World, published: readonly Met[], deferred: readonly Met[] = []) {
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    await duck.run(createTable('published', DETECTION_COLUMNS));
    const arrivals = [
      ...published.map((met) => [met, AT] as const),
      ...deferred.map((met) => [met, AT + 3 * DAY_MS] as const),
    ];
    for (const [{ partition, offset, detection }, arrival] of arrivals) {
      const { location, camera, id, item, detectedAt } = detection;
      await duck.run(
        `INSERT INTO published VALUES (${location}, ${camera}, ${id}, $item, ${detectedAt}, NULL, make_timestamptz(${detectedAt * 1_000}),
          make_timestamptz(${arrival * 1_000}), ${partition}, ${offset})`,
        { item },
      );
    }
    const partitions = [0, 1].map((partition) => ({ partition, cut: 500, tallies: NO_TALLIES }));
    const context = contextOf(world, folder);
    return await compare(context, duck, {
      epoch: EPOCH,
      published: 'published',
      draft: { partitions } as unknown as Draft,
      previous: null,
      speed: speedProgress(context),
    });
  } finally {
    duck.close();
  }
}

test('layers that counted the same have no difference, apart from deferred detections', async () => {
  const met = detections(20);
  const { comparison } = await compared(worldWith(met.slice(0, 18)), met.slice(0, 18), met.slice(18));
  assert.deepEqual(comparison, {
    cells: 6,
    partitions: 2,
    differences: { count: 0, listed: [] },
    tally_differences: [],
    unproven: [],
  });
});

test('a detection that the speed layer missed is named', async () => {
  const met = detections(20);
  const missed = met[7]!;
  const { comparison } = await compared(worldWith(met.filter((each) => each !== missed)), met);
  assert.equal(comparison.differences.count, 1);
  const [listed] = comparison.differences.listed;
  assert.deepEqual(listed!.missing_in_speed, [missed.detection.id]);
  assert.deepEqual([listed!.partition, listed!.item_name], [missed.partition, missed.detection.item]);
  assert.equal(listed!.minute, (hourOf(AT) * 60 + minuteOf(AT)) * 60_000);
});

test('a detection that only the speed layer counted is named', async () => {
  const met = detections(20);
  const alone = met[7]!;
  const world = worldWith(met);
  world.speedListed!.push(...met.map(({ detection: { id, location, detectedAt } }) => ({ id, location, detectedAt })));
  const { comparison } = await compared(
    world,
    met.filter((each) => each !== alone),
  );
  assert.equal(comparison.differences.count, 1);
  const [listed] = comparison.differences.listed;
  assert.equal(listed!.speed - listed!.batch, 1);
  assert.deepEqual([listed!.missing_in_batch, listed!.missing_in_speed], [[alone.detection.id], []]);
});

test('a partition that has not passed its cut is unproven, and no difference is reported for it', async () => {
  const met = detections(20);
  const { comparison } = await compared(worldWith([], { progress: 499 }), met);
  assert.equal(comparison.partitions, 0);
  assert.equal(comparison.differences.count, 0);
  assert.deepEqual(
    comparison.unproven,
    [0, 1].map((p) => `partition ${p}: the speed layer is at offset 499, the epoch ends at 500`),
  );
});

test('if there are more differences than a report lists, a file holds every cell', async () => {
  const met = detections(
    300,
    Array.from({ length: 300 }, (_, i) => `item ${i}`),
  );
  const world = worldWith([]);
  const { comparison } = await compared(world, met);
  assert.equal(comparison.differences.count, 300);
  assert.equal(comparison.differences.listed.length, 100);
  assert.ok([...world.hdfs.files.keys()].some((name) => name.startsWith('lake/_runs/_differences/')));
});
