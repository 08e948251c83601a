/** Where an epoch is cut: at the first delivered record that arrived after its end, in every partition (law L5). */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../../support/batch-doubles.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import type { Duck } from '../../../../core/stores/lake/duckdb.ts';
import type { Archive } from '../../../../batch-layer/model.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { openDuck } from '../../../../core/stores/lake/duckdb.ts';
import { recordCorrection } from '../../../../core/stores/control/stamp-gate.ts';
import { archive } from '../../../../batch-layer/archive/archive.ts';
import { StampsAhead } from '../../../../batch-layer/archive/held-partitions.ts';
import { append, contextOf, worldOf } from '../../../support/batch-doubles.ts';
import { otherwise } from '../../../support/topic-facts.ts';

const RULES: RecordedRules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 60,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 2,
  firstEpoch: 1_000,
  firstOffsets: [0, 0],
  topicId: 't',
};
const START = 60_000_000;
const END = START + 60_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-archive-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function archived(
  world: World,
  options: {
    slowWrites?: SlowWrites;
    limits?: { rows: number; bytes: number };
    tickLimitMs?: number;
    arrivals?: number[];
    firsts?: number[];
  } = {},
): Promise<Archive> {
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    const start = {
      epoch: 1_000 as Epoch,
      firsts: options.firsts ?? [0, 0],
      arrivals: (options.arrivals ?? [0, 0]) as Instant[],
    };
    const through = options.slowWrites ? withSlowWrites(duck, options.slowWrites) : duck;
    return await archive(contextOf(world, folder), through, start, { ...options, folder, appendsTicks: true });
  } finally {
    duck.close();
  }
}

/** How many raw files have begun and are not finished. */
interface SlowWrites {
  begun: number;
  finished: number;
}

/** A busy machine: writing a file takes longer than reading the rest of the log. */
function withSlowWrites(duck: Duck, writes: SlowWrites): Duck {
  return {
    ...duck,
    async run(sql, parameters) {
      if (!sql.startsWith('COPY')) return duck.run(sql, parameters);
      writes.begun += 1;
      await sleep(200);
      await duck.run(sql, parameters);
      writes.finished += 1;
    },
  };
}

const seen = (world: World, partition: number, ...stamps: number[]): void =>
  stamps.forEach((stamp) => append(world, partition, { stamp, value: 'poison' }));

test('a clock that steps back does not move a record to another epoch', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, START + 5, START - 100, END, START + 9, END + 5);
  seen(world, 1, END + 1);
  const { partitions } = await archived(world);
  assert.deepEqual(
    partitions.map(({ cut, records, arrival }) => [cut, records, arrival]),
    [
      [3, 3, START + 5],
      [0, 0, 0],
    ],
  );
});

test('arrival goes on from the epoch before', async () => {
  const world = worldOf(RULES);
  seen(world, 0, END + 7, START + 1, START + 2, END);
  seen(world, 1, END);
  const { partitions } = await archived(world, { firsts: [1, 0], arrivals: [START + 30, 0] });
  assert.deepEqual(
    partitions.map(({ cut, arrival }) => [cut, arrival]),
    [
      [3, START + 30],
      [0, 0],
    ],
  );
});

test('a quiet partition is cut at one tick of ours', async () => {
  const world = worldOf(RULES);
  world.tickStamp = END + 3;
  seen(world, 0, START, START + 1);
  const { partitions } = await archived(world);
  assert.deepEqual(
    partitions.map(({ cut }) => cut),
    [2, 0],
  );
  assert.deepEqual(
    world.log.map((log) => log.length),
    [3, 1],
  );
});

test('a tick whose stamp was too early belongs to the epoch, and another one cuts it', async () => {
  const world = worldOf(RULES);
  world.tickStamp = END - 1;
  seen(world, 0, START);
  seen(world, 1, START, END);
  const context = contextOf(world, folder);
  const { tick } = context.producer;
  context.producer.tick = async (partitions) => {
    await tick(partitions);
    world.tickStamp = END;
  };
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  const start = { epoch: 1_000 as Epoch, firsts: [0, 0], arrivals: [0, 0] as Instant[] };
  const { partitions } = await archive(context, duck, start, { folder, appendsTicks: true });
  duck.close();
  assert.deepEqual(
    partitions.map(({ cut, verdicts }) => [cut, verdicts.tick]),
    [
      [2, 1],
      [1, 0],
    ],
  );
});

test('ticks that are never stamped late enough end with exit code 5', async () => {
  const world = worldOf(RULES);
  await assert.rejects(archived(world, { tickLimitMs: 50 }), (fault: Error) => fault.name === 'Retryable');
});

test('files hold every record once, in ranges that are named by their offsets', async () => {
  const world = worldOf(RULES);
  seen(world, 0, ...Array.from({ length: 10 }, (_, i) => START + i), END);
  seen(world, 1, START, END);
  const { files } = await archived(world, { limits: { rows: 4, bytes: Infinity } });
  const epoch = '1970-01-01T1640';
  assert.deepEqual(
    files.map(({ path }) => path.slice(`lake/raw/epoch=${epoch}/`.length)),
    ['part-0-0-3.parquet', 'part-0-4-7.parquet', 'part-0-8-9.parquet', 'part-1-0-0.parquet'],
  );
  assert.deepEqual(
    files.map(({ rows }) => rows),
    [4, 4, 2, 1],
  );
});

test('a log that begins after the epoch does is refused', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START);
  await assert.rejects(archived(world, { firsts: [5, 0] }), (fault: { exitCode?: number }) => fault.exitCode === 4);
});

const FUTURE = Date.now() + 86_400_000;

test('before a stamp from the future an epoch cannot be cut: the run ends with exit code 5 and names both remedies', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, FUTURE, END);
  seen(world, 1, END);
  await assert.rejects(archived(world), (fault: Error) => {
    assert.ok(fault instanceof StampsAhead);
    assert.deepEqual(fault.heldPartitions, [{ partition: 0, offset: 1, stamp: FUTURE }]);
    assert.match(
      fault.message,
      /Partition 0 is held before offset 1: .*goes on by itself at .*sightline topic correct-stamps --partition 0/,
    );
    return true;
  });
  assert.deepEqual(
    world.log.map((log) => log.length),
    [3, 1],
    'no tick is appended where it would be held too',
  );
});

test('a held run ends only when its raw files are written, so its folder can be removed', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, FUTURE, END);
  seen(world, 1, START, END);
  const slowWrites = { begun: 0, finished: 0 };
  await assert.rejects(archived(world, { slowWrites }), StampsAhead);
  assert.deepEqual(slowWrites, { begun: 2, finished: 2 });
});

test('a corrected stamp neither cuts the epoch nor carries its arrival ahead', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, FUTURE, FUTURE + 5, START + 9, END, FUTURE + 9);
  seen(world, 1, END);
  await recordCorrection(contextOf(world, folder).control, {
    logLife: 1,
    partition: 0,
    correction: { from: 1, to: 2 },
    stamp: FUTURE,
  });
  const { partitions, files } = await archived(world);
  assert.deepEqual(
    partitions.map(({ cut, records, arrival }) => [cut, records, arrival]),
    [
      [4, 4, START + 9],
      [0, 0, 0],
    ],
  );
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  const rows = await duck.rows(
    `SELECT stamp, arrival FROM read_parquet('${files[0]!.localFile}') ORDER BY kafka_offset`,
  );
  duck.close();
  assert.deepEqual(
    rows.map(({ stamp, arrival }) => [Number(stamp), Number(arrival)]),
    [
      [START, START],
      [FUTURE, START],
      [FUTURE + 5, START],
      [START + 9, START + 9],
    ],
  );
});

test('a rebuild reads archived records again, whatever the clock says now', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, FUTURE);
  seen(world, 1, FUTURE);
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  const start = { epoch: 1_000 as Epoch, firsts: [0, 0], arrivals: [0, 0] as Instant[] };
  const { partitions, heldPartitions } = await archive(
    { ...contextOf(world, folder), fromArchive: true },
    duck,
    start,
    {
      folder,
      appendsTicks: false,
    },
  );
  duck.close();
  assert.deepEqual([partitions.map(({ cut }) => cut), heldPartitions], [[1, 0], []]);
});

test('a dry run records no stamp for other readers', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, END);
  seen(world, 1, END);
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  const start = { epoch: 1_000 as Epoch, firsts: [0, 0], arrivals: [0, 0] as Instant[] };
  const { partitions } = await archive(contextOf(world, folder), duck, start, {
    folder,
    appendsTicks: false,
    isDryRun: true,
  });
  duck.close();
  assert.deepEqual([partitions.map(({ cut }) => cut), world.stamps?.size], [[1, 0], 0]);
});

test('an epoch is not archived from a topic without LogAppendTime, nor from a topic that was created anew', async () => {
  const world = worldOf(RULES);
  seen(world, 0, START, END);
  seen(world, 1, END);
  const { settings } = otherwise({ 'message.timestamp.type': 'CreateTime' });
  await assert.rejects(
    archived({ ...world, topic: { settings } }),
    /has message.timestamp.type=CreateTime, LogAppendTime was expected.*"sightline prepare" mends it/,
  );
  await assert.rejects(
    archived({ ...world, topic: { topicId: 'another' } }),
    /created anew, so its offsets mean other records/,
  );
});
