/**
 * A stamp from the future in the middle of an epoch: what the archive, a run, the scheduler and a rebuild make of it
 * (L5).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { World } from '../../../support/batch-doubles.ts';
import { archiveNow } from '../../../../batch-layer/archive/archive-now.ts';
import { rulesAfter } from '../../../../batch-layer/epochs/first-epoch.ts';
import { isStillHeld, StampsAhead } from '../../../../batch-layer/archive/held-partitions.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { rebuild } from '../../../../batch-layer/generations/rebuild.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { schedule } from '../../../../batch-layer/run/scheduler.ts';
import { recordCorrection } from '../../../../core/stores/control/stamp-gate.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';
import { FILLED_RULES, filled, FIRST, stateOf } from '../../../support/filled-world.ts';
import { below } from '../../../support/hdfs-double.ts';
import { withLakeLock, withLock } from '../../../../batch-layer/lock/lake-lock.ts';

const LAST = (FIRST + 2) as Epoch;
const ALL = { from: FIRST as Epoch, to: LAST };
const FUTURE = Date.now() + 10 * 86_400_000;
const [P, AT] = [0, 5];

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-held-'));
});
after(() => rm(folder, { recursive: true, force: true }));

let processes = 0;
const inNewProcess = (): string => join(folder, `process-${processes++}`);

function frozen(): World {
  const world = filled();
  world.log[P]![AT] = { ...world.log[P]![AT]!, stamp: FUTURE };
  return world;
}

const corrected = (world: World) =>
  recordCorrection(contextOf(world, inNewProcess()).control, {
    logLife: 1,
    partition: P,
    correction: { from: AT, to: AT },
    stamp: FUTURE,
  });

test('the archive reads up to the stamp, and all of the other partitions, and names the held partition', async () => {
  const world = frozen();
  const { epochs, heldPartitions } = await withLakeLock(contextOf(world, inNewProcess()), archiveNow);
  assert.deepEqual(heldPartitions, [{ partition: P, offset: AT, stamp: FUTURE }]);
  assert.deepEqual(
    epochs.at(-1)!.archived_to.map((to, partition) => (partition === P ? to : to - world.log[partition]!.length)),
    [AT, 0, 0],
  );
});

test('a held run is no failed attempt; after the correction it publishes the same as without the stamp', async () => {
  const yardstick = filled();
  await publishEpochs(contextOf(yardstick, inNewProcess()), ALL);
  const world = frozen();
  await withLakeLock(contextOf(world, inNewProcess()), archiveNow);
  await assert.rejects(publishEpochs(contextOf(world, inNewProcess()), ALL), StampsAhead);
  assert.deepEqual(
    [...world.hdfs.files.keys()].filter((name) => name.includes('_attempts')),
    [],
  );
  assert.deepEqual(await corrected(world), { status: 'recorded' });
  await publishEpochs(contextOf(world, inNewProcess()), ALL);
  const [published, wanted] = [await stateOf(world), await stateOf(yardstick)];
  for (const part of ['rows', 'cells', 'listed', 'raw'] as const) assert.deepEqual(published[part], wanted[part], part);
  assert.ok(isSame(await reprocess(contextOf(world, inNewProcess()), FIRST as Epoch)));
  assert.deepEqual(
    await recordCorrection(contextOf(world, inNewProcess()).control, {
      logLife: 1,
      partition: P,
      correction: { from: AT + 1, to: AT + 1 },
      stamp: world.log[P]![AT + 1]!.stamp,
    }).then(({ status }) => status),
    'settled',
  );
});

test('a rebuild reads the same arrivals from the archive', async () => {
  const old = frozen();
  await corrected(old);
  await publishEpochs(contextOf(old, inNewProcess()), ALL);
  const rules = rulesAfter(old.rules, FILLED_RULES);
  const fresh: World = {
    ...worldOf(rules),
    stamps: old.stamps!,
    log: old.log,
    locations: [],
    hdfs: below('_generation-2', old.hdfs),
  };
  const context = contextOf(fresh, inNewProcess());
  const options = {
    keepsOld: true,
    acceptsDifferences: false,
    onPublished: () => undefined,
    recount: (_: unknown, work: () => Promise<void>) => work(),
  };
  const rebuilt = await withLock(context, 'rebuild', (held, lease) =>
    rebuild(contextOf(old, inNewProcess()), held, lease, options),
  );
  assert.deepEqual([rebuilt.epochs, rebuilt.different], [3, []]);
  assert.deepEqual(fresh.horizon!.arrivals, old.horizon!.arrivals);
});

test('a partition is held until a clock has come to the stamp', async () => {
  const context = contextOf(frozen(), inNewProcess());
  const held = [{ partition: P, offset: AT, stamp: FUTURE }];
  assert.equal(await isStillHeld(context, held, Date.now()), true);
  assert.equal(await isStillHeld(context, held, FUTURE), false);
});

test('the scheduler waits without reading the epoch again, logs it once, and goes on after the correction', async (t) => {
  const world = frozen();
  const stop = new AbortController();
  const context = contextOf(world, inNewProcess(), { signal: stop.signal });
  const warned: unknown[] = [];
  let archives = 0;
  const log = {
    ...context.log,
    info: () => undefined,
    warn: (facts: { held?: unknown; partition?: number }) => {
      if (facts.held) warned.push(facts.held);
      // The last word of archiving what the log holds: the partition that it left.
      else if (facts.partition === P) archives += 1;
    },
  } as unknown as typeof context.log;
  let reads = 0;
  const reader: typeof context.reader = {
    ...context.reader,
    read: (...asked) => (reads++, context.reader.read(...asked)),
  };
  t.after(() => stop.abort());
  let looks = 0;
  const control: typeof context.control = {
    ...context.control,
    stamps: (...asked) => (looks++, context.control.stamps(...asked)),
  };
  const ended = schedule({ ...context, log, reader, control }, () => undefined, { lookEveryMs: 20 });
  let hasEnded = false;
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) {
      if (hasEnded) await ended;
      assert.ok(!hasEnded, 'the scheduler has ended');
      await sleep(5);
    }
  };
  ended.finally(() => (hasEnded = true)).catch(() => undefined);
  // It archives what it can once, then looks at the row of stamps alone.
  await until(() => archives > 0);
  const [readsBefore, looksBefore] = [reads, looks];
  await until(() => looks >= looksBefore + 5);
  assert.deepEqual(warned, [[{ partition: P, offset: AT, stamp: FUTURE }]]);
  assert.deepEqual({ reads: reads - readsBefore, archives }, { reads: 0, archives: 1 });
  await corrected(world);
  await until(() => (world.horizon?.epoch ?? 0) >= LAST);
  stop.abort();
  await ended;
});
