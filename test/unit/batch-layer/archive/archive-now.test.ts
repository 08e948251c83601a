/**
 * What is archived hour by hour is taken over by the run: every record once, in ranges that follow each other, whatever
 * dies when; and rows, hash and batch view are those of a run that read everything itself (law L9).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import type { State } from '../../../support/filled-world.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { CrashPoint } from '../../../../batch-layer/steps.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { readRun } from '../../../../core/stores/lake/runs.ts';
import { archiveNow } from '../../../../batch-layer/archive/archive-now.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { LEASE_DEFAULTS, takeLease } from '../../../../core/stores/control/lease.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { FILLED_RULES, filled, FIRST, stateOf } from '../../../support/filled-world.ts';
import { Crash } from '../../../support/hdfs-double.ts';
import { testClock } from '../../../support/lease-clock.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';
import { withLakeLock } from '../../../../batch-layer/lock/lake-lock.ts';

const LAST = (FIRST + 2) as Epoch;
const ALL = { from: FIRST as Epoch, to: LAST };
const nameOfFirst = nameOf(FIRST as Epoch, FILLED_RULES);

let folder: string;
let yardstick: State;
let hash: string | null;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-archive-now-'));
  const world = filled();
  await publishEpochs(contextOf(world, inNewProcess()), ALL);
  yardstick = await stateOf(world);
  hash = (await readRun(world.hdfs, nameOf(LAST, FILLED_RULES)))!.chain_sha256;
});
after(() => rm(folder, { recursive: true, force: true }));

let processes = 0;
const inNewProcess = (): string => join(folder, `process-${processes++}`);
const archiving = async (context: BatchContext) => (await withLakeLock(context, archiveNow)).epochs;

/** The world as it was when its log held so much of each partition; `arrive` lets the rest come. */
function early(share: number): { world: World; arrive(): void } {
  const world = filled();
  const waiting: LogRecord[][] = world.log.map((log) => log.splice(Math.ceil(log.length * share)));
  return { world, arrive: () => waiting.forEach((records, partition) => world.log[partition]!.push(...records)) };
}

function rangesOf(world: World, partition: number): [number, number][] {
  const names = [...world.hdfs.files.keys()].flatMap((name) => {
    const found = /\/raw\/.*part-(\d+)-(\d+)-(\d+)\.parquet$/.exec(name);
    return found && !name.includes('_staging') && Number(found[1]) === partition
      ? [[Number(found[2]), Number(found[3])] as [number, number]]
      : [];
  });
  return names.sort(([a], [b]) => a - b);
}

async function assertPublishedAsEver(world: World): Promise<void> {
  await publishEpochs(contextOf(world, inNewProcess()), ALL);
  const epochs = [FIRST, FIRST + 1, FIRST + 2].map((epoch) =>
    readRun(world.hdfs, nameOf(epoch as Epoch, FILLED_RULES)),
  );
  const reports = (await Promise.all(epochs)).map((report) => report!);
  assert.equal(reports.at(-1)!.chain_sha256, hash);
  const state = await stateOf(world);
  for (const part of ['rows', 'raw', 'cells', 'listed', 'horizon'] as const)
    assert.deepEqual(state[part], yardstick[part], part);
  for (const partition of [0, 1, 2]) {
    const ranges = rangesOf(world, partition);
    ranges.forEach(([first], i) => assert.equal(first, i === 0 ? 0 : ranges[i - 1]![1] + 1));
    assert.equal(ranges.at(-1)![1] + 1, world.horizon!.cuts[partition]);
  }
  const named = new Set(reports.flatMap(({ files }) => files.map(({ path }) => path)));
  for (const name of world.hdfs.files.keys()) if (name.startsWith('lake/raw/')) assert.ok(named.has(name), name);
}

test('a run takes over what was archived before, and reads only the rest from the log', async () => {
  const { world, arrive } = early(0.2);
  const [first] = await archiving(contextOf(world, inNewProcess()));
  assert.equal(first!.epoch, nameOfFirst);
  assert.equal(
    first!.records,
    world.log.reduce((sum, log) => sum + log.length, 0),
  );
  assert.deepEqual(await archiving(contextOf(world, inNewProcess())), []);
  const archivedTo = world.log.map((log) => log.length);
  arrive();
  const context = contextOf(world, inNewProcess());
  const readFrom: number[] = [];
  const reader: BatchContext['reader'] = {
    ...context.reader,
    read(partition, from, signal) {
      readFrom[partition] ??= from;
      return context.reader.read(partition, from, signal);
    },
  };
  await publishEpochs({ ...context, reader }, { from: FIRST as Epoch, to: FIRST as Epoch });
  assert.deepEqual(readFrom, archivedTo);
  await assertPublishedAsEver(world);
});

test('several epochs that are over are archived into their own folders, and their runs read nothing again', async () => {
  const { world } = early(1);
  const added = await archiving(contextOf(world, inNewProcess()));
  assert.ok(added.length >= 2);
  await assertPublishedAsEver(world);
});

test('a run does not need records that Kafka deleted after they were archived', async () => {
  const { world, arrive } = early(0.3);
  await archiving(contextOf(world, inNewProcess()));
  const lows = world.log.map((log) => log.length);
  arrive();
  const context = contextOf(world, inNewProcess());
  const ends = async () => (await context.admin.ends()).map((end) => ({ ...end, low: lows[end.partition]! }));
  await publishEpochs({ ...context, admin: { ...context.admin, ends } }, { from: FIRST as Epoch, to: FIRST as Epoch });
  await assertPublishedAsEver(world);
});

for (const point of CRASH_POINTS.archive) {
  test(`an archive that is killed at ${point} leaves no overlap and no gap`, async () => {
    const { world, arrive } = early(0.3);
    const mayCrashAt = (at: CrashPoint): void => {
      if (at === point) throw new Crash(point);
    };
    await assert.rejects(archiving(contextOf(world, inNewProcess(), { mayCrashAt })), Crash);
    world.lease = null;
    arrive();
    await assertPublishedAsEver(world);
  });
}

test('an archive that is killed twice between any two operations of HDFS is finished by the next process', async () => {
  for (let operations = 1; ; operations += 5) {
    const { world, arrive } = early(0.3);
    world.hdfs.budget = operations;
    const died = await archiving(contextOf(world, inNewProcess())).then(
      () => false,
      () => true,
    );
    world.lease = null;
    world.hdfs.budget = operations + 2;
    arrive();
    await archiving(contextOf(world, inNewProcess())).catch(() => undefined);
    world.hdfs.budget = Infinity;
    world.lease = null;
    await assertPublishedAsEver(world);
    if (!died) return;
  }
});

test('a writer that has lost its lock cannot replace the journal entry of another one', async () => {
  const { world, arrive } = early(0.2);
  const mayCrashAt = async (at: CrashPoint): Promise<void> => {
    if (at !== 'archive_prepared') return;
    arrive();
    world.lease = null;
    await archiving(contextOf(world, inNewProcess()));
    world.lease = null;
  };
  await assert.rejects(
    archiving(contextOf(world, inNewProcess(), { mayCrashAt })),
    (fault: { exitCode?: number }) => fault.exitCode === 6,
  );
  world.lease = null;
  await assertPublishedAsEver(world);
});

test('a file in the archive that no journal names stops the run', async () => {
  const world = filled();
  world.hdfs.files.set(`lake/raw/epoch=${nameOfFirst}/part-0-0-5.parquet`, Buffer.from('foreign'));
  await assert.rejects(
    publishEpochs(contextOf(world, inNewProcess()), ALL),
    (fault: { exitCode?: number }) => fault.exitCode === 4,
  );
});

for (const point of CRASH_POINTS.archive) {
  test(`an archive that loses the lock at ${point} has no further effect that others see`, async () => {
    const { world } = early(0.2);
    const clock = testClock();
    const outside = (): string[] =>
      [...world.hdfs.files.keys()].filter((path) => !path.startsWith('lake/_staging/')).sort();
    let seen: string[] | null = null;
    const mayCrashAt = async (at: CrashPoint): Promise<void> => {
      if (at !== point || seen !== null) return;
      world.lease = { owner: 'the next one', renewal: 99, lengthMs: 10_000 };
      await clock.advance(1_500);
      seen = outside();
    };
    const context = contextOf(world, inNewProcess(), { mayCrashAt });
    const lease = await takeLease(context.control, 'lake', { ...LEASE_DEFAULTS, clock, owner: 'loser' });
    await assert.rejects(archiveNow({ ...context, signal: lease.lost }, lease));
    assert.deepEqual(outside(), seen);
    await lease.release();
  });
}
