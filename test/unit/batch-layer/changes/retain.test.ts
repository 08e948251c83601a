/**
 * Retention takes whole epochs that are old enough and nothing else; a rebuild gets what it needs, unless somebody asks
 * for more, and whatever step a process dies at, the next one ends it (law L9).
 *
 * Ten epochs of a day, with copies and late detections; W is three days. The last one ended a day ago.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { RetainOptions, Retention } from '../../../../batch-layer/changes/retain.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Oid } from '../../../../core/domain/oid.ts';
import type { World } from '../../../support/batch-doubles.ts';
import { epochNamed, nameOf } from '../../../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS } from '../../../../core/domain/time.ts';
import { readChain } from '../../../../core/stores/lake/changes.ts';
import { retain } from '../../../../batch-layer/changes/retain.ts';
import { checkRebuildable, rebuild } from '../../../../batch-layer/generations/rebuild.ts';
import { rulesAfter } from '../../../../batch-layer/epochs/first-epoch.ts';
import { withLakeLock, withLock } from '../../../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';
import { stateOf } from '../../../support/filled-world.ts';
import { below, Crash } from '../../../support/hdfs-double.ts';
import { HOURLY_RULES, sendSighting } from '../../../support/hourly-world.ts';
import { sharedWorld } from '../../../support/shared-world.ts';

const DAYS = 10;
const A_DAY = 12;
const FIRST = Math.floor(Date.now() / DAY_MS) - DAYS - 1;
const LAST = (FIRST + DAYS - 1) as Epoch;
const RULES = { ...HOURLY_RULES, epochSeconds: 86_400, firstEpoch: FIRST };
/** An hour after the end of the last epoch. */
const NOW = (LAST + 1) * DAY_MS + HOUR_MS;
/** The last epoch that is four days old, and the last one that no rebuild needs then. */
const [OLD, NEEDLESS] = [FIRST + 5, FIRST + 2];
const FOUR_DAYS = { now: NOW, days: 4, rawDays: 4 };
const name = (epoch: number): string => nameOf(epoch as Epoch, RULES);

const { copy, inNewProcess } = sharedWorld(async (process) => {
  const world = dailyWorld();
  await publishEpochs(contextOf(world, process()), { from: null, to: LAST });
  return world;
});

const idOf = (day: number, i: number): string => String(9_007_199_254_740_990n + BigInt(day * 100 + i));

function dailyWorld(): World {
  const world = worldOf(RULES);
  world.locations.push({ oid: '1' as Oid, name: 'Bridge' }, { oid: '2' as Oid, name: 'Mill' });
  for (let day = 0; day < DAYS; day++) {
    for (let i = 0; i < A_DAY; i++) {
      const at = (FIRST + day) * DAY_MS + i * HOUR_MS;
      const sighting = { id: idOf(day, i), camera: 7, location: 1 + (i % 2), at };
      sendSighting(world, sighting, at + 1_000);
      if (i % 4 === 0) sendSighting(world, sighting, at + 2_000, 'otherwise');
    }
    // It arrives a day late, in the order of arrival.
    if (day > 0) {
      const at = (FIRST + day) * DAY_MS - HOUR_MS;
      sendSighting(world, { id: idOf(day, 50), camera: 7, location: 1, at }, at + 20 * HOUR_MS);
    }
  }
  world.tickStamp = (LAST + 1) * DAY_MS + 1_000;
  return world;
}

function retaining(
  world: World,
  options: RetainOptions = FOUR_DAYS,
  hooks: Partial<Pick<BatchContext, 'mayCrashAt'>> = {},
): Promise<Retention | null> {
  return withLakeLock(contextOf(world, inNewProcess(), hooks), (locked, lease) => retain(locked, lease, options));
}

/** Epochs in the names of the files below a folder. */
function epochsBelow(world: World, below_: string, named: RegExp): string[] {
  const found = [...world.hdfs.files.keys()].filter((path) => path.startsWith(below_));
  return [...new Set(found.map((path) => named.exec(path)![1]!))].sort();
}
const detectionsIn = (world: World): string[] => epochsBelow(world, 'lake/detections/', /\/([\d-]{10})-\d+\.parquet$/);
const rawIn = (world: World): string[] => epochsBelow(world, 'lake/raw/', /epoch=([\d-]{10})\//);
const names = (from: number): string[] => Array.from({ length: LAST - from + 1 }, (_, i) => name(from + i));

async function checkTheRest(world: World): Promise<void> {
  for (let epoch = FIRST as Epoch; epoch <= LAST; epoch = (epoch + 1) as Epoch)
    assert.ok(isSame(await reprocess(contextOf(world, inNewProcess()), epoch)), name(epoch));
}

test('detections go after their days; raw files stay as far as a rebuild needs them; counts stay', async () => {
  const world = copy();
  const before_ = await stateOf(world);
  const planned = await retaining(world, { ...FOUR_DAYS, isDryRun: true });
  assert.deepEqual(await stateOf(world), before_);
  const done = await retaining(world);
  assert.deepEqual(done, planned);
  assert.deepEqual(
    [done!.detections_up_to, done!.raw_up_to, done!.kept_for_rebuild_up_to],
    [name(OLD), name(NEEDLESS), name(OLD)],
  );
  assert.deepEqual([detectionsIn(world), rawIn(world)], [names(OLD + 1), names(NEEDLESS + 1)]);
  const after_ = await stateOf(world);
  assert.equal(after_.rows.length, before_.rows.length - done!.detections);
  assert.deepEqual(after_.cells, before_.cells);
  assert.equal(after_.listed.length, after_.rows.length);
  assert.equal(after_.table.at(-1)!.rows, after_.rows.length);
  await checkTheRest(world);
  const again = await retaining(world);
  assert.equal(again!.files, 0);
});

test('the next epoch is published after it, and a copy of what is in force is a copy', async () => {
  const world = copy();
  await retaining(world);
  const at = (LAST + 1) * DAY_MS + 2 * HOUR_MS;
  sendSighting(world, { id: idOf(9, 3), camera: 7, location: 2, at: LAST * DAY_MS + 3 * HOUR_MS }, at);
  sendSighting(world, { id: '4711', camera: 7, location: 1, at }, at);
  world.tickStamp = (LAST + 2) * DAY_MS + 1_000;
  const { reports } = await publishEpochs(contextOf(world, inNewProcess()), { from: null, to: (LAST + 1) as Epoch });
  assert.deepEqual([reports[0]!.tallies.new, reports[0]!.tallies.copies], [1, 1]);
  const next = await retaining(world, { ...FOUR_DAYS, now: NOW + DAY_MS });
  assert.deepEqual([next!.detections_up_to, next!.raw_up_to], [name(OLD + 1), name(NEEDLESS + 1)]);
  assert.deepEqual(
    (await readChain(world.hdfs)).map(({ kind, replaced }) => [
      kind,
      replaced.some(({ path }) => path.includes('raw')),
    ]),
    [
      ['retain', true],
      ['retain', true],
    ],
  );
});

test('a rebuild after it finds the rows of every epoch that has some left', async () => {
  const world = copy();
  await retaining(world);
  const { rows } = await stateOf(world);
  const { rebuilt, fresh } = await rebuilding(world);
  assert.deepEqual(rebuilt.different, []);
  const now = (await stateOf({ ...fresh, hdfs: world.hdfs })).rows;
  assert.deepEqual(
    rows.filter((row) => !now.includes(row)),
    [],
  );
});

test('asked for more, it takes raw files that a rebuild needs, and a rebuild refuses', async () => {
  const world = copy();
  const done = await retaining(world, { now: NOW, days: 0, rawDays: 4, isBeyondRebuild: true });
  assert.deepEqual([done!.raw_up_to, done!.detections_up_to, done!.detections], [name(OLD), null, 0]);
  assert.deepEqual([detectionsIn(world), rawIn(world)], [names(FIRST), names(OLD + 1)]);
  await checkTheRest(world);
  const rules = rulesAfter(RULES, RULES);
  await assert.rejects(checkRebuildable(contextOf(world, inNewProcess()), rules), /--beyond-rebuild/);
});

test('without detections that are old enough no raw file goes unasked, and nothing in force ever', async () => {
  const world = copy();
  const kept = await retaining(world, { now: NOW, days: 0, rawDays: 4 });
  assert.deepEqual([kept!.files, kept!.kept_for_rebuild_up_to], [0, name(OLD)]);
  assert.equal(await retaining(world, { now: NOW, days: 400, rawDays: 400 }), null);
  const most = await retaining(world, { now: NOW + 400 * DAY_MS, days: 1, rawDays: 1 });
  assert.equal(epochNamed(most!.detections_up_to!, RULES), LAST - 3);
});

for (const point of CRASH_POINTS.change.filter((each) => each !== 'change_put_in_place')) {
  test(`killed at ${point}, a retention ends as if nothing had happened`, async () => {
    const [world, yardstick] = [copy(), copy()];
    await retaining(yardstick);
    let strikes = 0;
    const mayCrashAt = (at: string): void => {
      if (at === point && ++strikes === (/_put_away|_manifest/.test(point) ? 2 : 1)) throw new Crash(point);
    };
    await assert.rejects(retaining(world, FOUR_DAYS, { mayCrashAt }), Crash);
    world.lease = null;
    await retaining(world);
    assert.deepEqual(await stateOf(world), await stateOf(yardstick));
  });
}

async function rebuilding(old: World) {
  const rules = rulesAfter(old.rules, old.rules);
  const fresh: World = { ...worldOf(rules), log: old.log, locations: [], hdfs: below('_generation-2', old.hdfs) };
  const context = contextOf(fresh, inNewProcess());
  const next = { ...context, control: { ...context.control, putProgress: async () => undefined } };
  const options = { keepsOld: false, acceptsDifferences: false, onPublished: () => undefined };
  const rebuilt = await withLock(next, 'rebuild', (held, lease) =>
    rebuild(contextOf(old, inNewProcess()), held, lease, { ...options, recount: (_, work) => work() }),
  );
  return { rebuilt, fresh };
}
