/**
 * A run that dies anywhere leaves what the next run finishes or throws away: the lake, the batch view and the horizon
 * end as if nothing had happened (law L9).
 *
 * Method: real steps, SQL and Parquet over stores in memory; a crash is thrown at each named point, and between
 * operations of HDFS after the intent; then a run without a crash. The yardstick is a world where nothing crashed.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import type { RunReport } from '../../../../core/stores/lake/runs.ts';
import type { State } from '../../../support/filled-world.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { CrashPoint } from '../../../../batch-layer/steps.ts';
import { eachHourCellOf, hourCellKey, hourRowKey, hourRowsOf } from '../../../../core/domain/hour-counts.ts';
import { minuteOf } from '../../../../core/domain/time.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { classify } from '../../../../core/domain/verdict.ts';
import { instant } from '../../../../core/domain/time.ts';
import { readAttempts, readRun } from '../../../../core/stores/lake/runs.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { LEASE_DEFAULTS, takeLease } from '../../../../core/stores/control/lease.ts';
import { runEpoch } from '../../../../batch-layer/run/run.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { FILLED_RULES, filled, FIRST, stateOf } from '../../../support/filled-world.ts';
import { Crash } from '../../../support/hdfs-double.ts';
import { testClock } from '../../../support/lease-clock.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';

const RULES = FILLED_RULES;
const FIRST_EPOCH = { from: FIRST as Epoch, to: FIRST as Epoch };

let folder: string;
let yardstick: State;
let hash: string | null;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-run-'));
  const world = filled();
  await published(world);
  yardstick = await stateOf(world);
  hash = await hashOf(world);
});
after(() => rm(folder, { recursive: true, force: true }));

async function hashOf({ hdfs }: World): Promise<string | null> {
  return (await readRun(hdfs, nameOf(FIRST as Epoch, RULES)))!.chain_sha256;
}

let processes = 0;
const inNewProcess = (): string => join(folder, `process-${processes++}`);

async function published(world: World): Promise<RunReport[]> {
  return (await publishEpochs(contextOf(world, inNewProcess()), FIRST_EPOCH)).reports;
}

test('an epoch is published once: every detection of it, every record raw, and every cell counted', async () => {
  const world = filled();
  const [report] = await published(world);
  const state = await stateOf(world);
  const { cuts } = world.horizon!;
  const firsts = new Map<string, ReturnType<typeof classify>>();
  const rowsExpected: string[] = [];
  const cellsExpected = new Map<string, number>();
  let records = 0;
  world.log.forEach((log, partition) => {
    for (const record of log.slice(0, cuts[partition])) {
      records += 1;
      const verdict = classify(record, instant(record.stamp), RULES);
      if (verdict.kind !== 'detection' || firsts.has(verdict.detection.id)) continue;
      firsts.set(verdict.detection.id, verdict);
      const { id, item, location } = verdict.detection;
      const place = world.locations.find(({ oid }) => oid === location)?.name ?? 'null';
      rowsExpected.push(`${id} | ${item} | ${place}`);
      const [ofGroup, all] = hourRowsOf(verdict.detection, FIRST as Epoch);
      eachHourCellOf(verdict.detection, (kind, place, of) => {
        const row = kind === 'place_item' ? ofGroup : all;
        const key = `${hourRowKey(row)} ${hourCellKey({ kind, location: place, item: of })} ${minuteOf(verdict.detection.detectedAt)}`;
        cellsExpected.set(key, (cellsExpected.get(key) ?? 0) + 1);
      });
    }
  });
  assert.deepEqual(state.rows, rowsExpected.sort());
  assert.equal(new Set(state.raw).size, records);
  assert.equal(state.raw.length, records);
  assert.deepEqual(state.cells, [...cellsExpected].sort());
  assert.equal(state.listed.length, rowsExpected.length);
  assert.equal(report!.records, records);
  assert.equal(report!.rows, rowsExpected.length);
  assert.equal(report!.result, 'unproven');
  assert.ok(report!.conflicts.count > 0);
  assert.equal(report!.strays_forwarded, report!.tallies.strays);
});

test('the second epoch follows from the first: its copies of earlier epochs do not count, one deferred detection does', async () => {
  const world = filled();
  const { reports } = await publishEpochs(contextOf(world, inNewProcess()), { from: null, to: (FIRST + 2) as Epoch });
  assert.deepEqual(
    reports.map(({ epoch_number }) => epoch_number),
    [FIRST, FIRST + 1, FIRST + 2],
  );
  const { rows } = await stateOf(world);
  assert.equal(rows.length, 61);
  assert.equal(new Set(rows.map((row) => row.split(' | ')[0])).size, 61);
  assert.equal(reports.at(-1)!.deferred.published, 1);
  assert.deepEqual(
    reports.at(-1)!.partitions.map(({ first }) => first),
    reports.at(-2)!.partitions.map(({ cut }) => cut),
  );
});

for (const point of CRASH_POINTS.run) {
  test(`killed at ${point}, the next run ends as if nothing had happened`, async () => {
    const world = filled();
    const mayCrashAt = (at: CrashPoint): void => {
      if (at === point) throw new Crash(point);
    };
    await assert.rejects(publishEpochs(contextOf(world, inNewProcess(), { mayCrashAt }), FIRST_EPOCH), Crash);
    world.lease = null;
    const again = await published(world);
    assert.equal(again.length, ['horizon_moved', 'pruned'].includes(point) ? 0 : 1);
    const state = await stateOf(world);
    assert.deepEqual(withoutLeftovers(state), withoutLeftovers(yardstick));
    assert.equal(await hashOf(world), hash);
    const attempts = await readAttempts(world.hdfs, 9);
    assert.equal(
      attempts.some(({ because }) => because === point),
      point !== 'locked',
    );
  });
}

/**
 * What others see of a run: files, cells of the batch view, the horizon. Staging is the attempt's own, and a failed
 * attempt is told by whoever failed.
 */
function outwardOf(world: World): unknown {
  const isSeen = (path: string): boolean =>
    !path.startsWith('lake/_runs/_attempts/') && !path.startsWith('lake/_staging/');
  return {
    files: [...world.hdfs.files.keys()].filter(isSeen).sort(),
    cells: [...world.batchCells],
    listed: [...world.listed],
    horizon: world.horizon,
  };
}

for (const point of CRASH_POINTS.run.slice(0, -1)) {
  test(`a run that loses the lock at ${point} has no further effect that others see`, async () => {
    const world = filled();
    const clock = testClock();
    let seen: unknown = null;
    const mayCrashAt = async (at: CrashPoint): Promise<void> => {
      if (at !== point || seen !== null) return;
      // Renames beside this one end first.
      for (let turns = 0; turns < 50; turns++) await turn();
      world.lease = { owner: 'the next one', renewal: 99, lengthMs: 10_000 };
      await clock.advance(1_500);
      seen = outwardOf(world);
    };
    const context = contextOf(world, inNewProcess(), { mayCrashAt });
    const lease = await takeLease(context.control, 'lake', { ...LEASE_DEFAULTS, clock, owner: 'loser' });
    const held = { ...context, signal: lease.lost };
    const outcome = runEpoch(held, lease, null, FIRST as Epoch);
    if (point === 'horizon_moved') await outcome;
    else await assert.rejects(outcome);
    assert.ok(lease.lost.aborted);
    assert.deepEqual(outwardOf(world), seen);
    await lease.release();
  });
}

/** An intent whose horizon has moved is swept by the next run that has something to publish. */
function withoutLeftovers(state: State): State {
  const isLeft = (name: string): boolean => name.includes('/_intents/') || name.startsWith('lake/_staging/');
  return { ...state, files: state.files.filter((name) => !isLeft(name)) };
}

test('killed between operations of HDFS from the intent on, the next run ends as if nothing had happened', async () => {
  for (let operations = 0; ; operations += 8) {
    const world = filled();
    const mayCrashAt = (at: CrashPoint): void => {
      if (at === 'intended') world.hdfs.budget = operations;
    };
    const died = await publishEpochs(contextOf(world, inNewProcess(), { mayCrashAt }), FIRST_EPOCH).then(
      () => false,
      () => true,
    );
    world.hdfs.budget = Infinity;
    world.lease = null;
    await published(world);
    assert.deepEqual(
      withoutLeftovers(await stateOf(world)),
      withoutLeftovers(yardstick),
      `after ${operations} operations`,
    );
    if (!died) return;
  }
});

test('a file that is neither staged nor published stops the run for a person to look', async () => {
  const world = filled();
  const mayCrashAt = (at: CrashPoint): void => {
    if (at === 'intended') throw new Crash(at);
  };
  await assert.rejects(publishEpochs(contextOf(world, inNewProcess(), { mayCrashAt }), FIRST_EPOCH), Crash);
  const victim = [...world.hdfs.files.keys()].find((name) => name.includes('/lake/detections/'))!;
  world.hdfs.files.delete(victim);
  world.lease = null;
  await assert.rejects(published(world), (fault: { exitCode?: number }) => fault.exitCode === 4);
});

test('a published epoch and an open epoch are nothing to do; an epoch beyond the next is refused', async () => {
  const world = filled();
  await published(world);
  assert.deepEqual(await published(world), []);
  const now = Math.floor(Date.now() / 60_000) as Epoch;
  await assert.rejects(
    publishEpochs(contextOf(world, inNewProcess()), { from: now, to: now }),
    (fault: { exitCode?: number }) => fault.exitCode === 2,
  );
  assert.equal(await readRun(world.hdfs, 'nothing'), null);
});
