/**
 * From the archive alone, lake and batch view come back as they were: row by row, with the same hashes, whatever dies
 * on the way; and under other rules every detection is still there once (laws L9 and L10).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BatchContext } from '../../../../batch-layer/context.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { FirstMet } from '../../../../core/domain/first-met.ts';
import type { Oid } from '../../../../core/domain/oid.ts';
import type { World } from '../../../support/batch-doubles.ts';
import type { Rebuilt, RebuildOptions } from '../../../../batch-layer/generations/rebuild.ts';
import type { CrashPoint } from '../../../../batch-layer/steps.ts';
import type { Progress } from '../../../../core/stores/control/progress-rows.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { nameOf } from '../../../../core/domain/epoch.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { readChain } from '../../../../core/stores/lake/changes.ts';
import { readRun } from '../../../../core/stores/lake/runs.ts';
import { forget } from '../../../../batch-layer/changes/forget.ts';
import { archiveNow } from '../../../../batch-layer/archive/archive-now.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { rulesAfter } from '../../../../batch-layer/epochs/first-epoch.ts';
import { checkRebuildable, rebuild } from '../../../../batch-layer/generations/rebuild.ts';
import { finishSwitch } from '../../../../batch-layer/lock/switch.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';
import { FILLED_RULES, filled, FIRST, stateOf } from '../../../support/filled-world.ts';
import { below, Crash, hdfsDouble } from '../../../support/hdfs-double.ts';
import { CRASH_POINTS } from '../../../../batch-layer/steps.ts';
import { GenerationChanged, withLakeLock, withLock } from '../../../../batch-layer/lock/lake-lock.ts';

const LAST = (FIRST + 2) as Epoch;
const ALL = { from: FIRST as Epoch, to: LAST };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-rebuild-'));
});
after(() => rm(folder, { recursive: true, force: true }));

let processes = 0;
const inNewProcess = (): string => join(folder, `process-${processes++}`);

/** Three published epochs, and more of the log archived behind them; made once. */
async function oldWorld(): Promise<World> {
  const world = await (made ??= makeWorld());
  const hdfs = hdfsDouble();
  for (const [name, bytes] of world.hdfs.files) hdfs.files.set(name, bytes);
  return { ...world, hdfs, log: world.log.map((log) => [...log]), locations: [...world.locations] };
}

let made: Promise<World> | null = null;
async function makeWorld(): Promise<World> {
  const world = filled();
  await publishEpochs(contextOf(world, inNewProcess()), ALL);
  await withLakeLock(contextOf(world, inNewProcess()), archiveNow);
  return world;
}

/** What a generation has of its own; its lake lies below the old one's root. */
function nextWorld(old: World, asked: Partial<RecordedRules> = {}): World {
  const rules = rulesAfter(old.rules, { ...FILLED_RULES, ...asked });
  return { ...worldOf(rules), log: old.log, locations: [], hdfs: below('_generation-2', old.hdfs) };
}

function rebuilding(
  old: World,
  fresh: World,
  options: Partial<RebuildOptions> & { mayCrashAt?: BatchContext['mayCrashAt'] } = {},
): Promise<Rebuilt> {
  const { mayCrashAt, ...rest } = options;
  const hooks = mayCrashAt ? { mayCrashAt } : {};
  const context = contextOf(old, inNewProcess(), hooks);
  const freshContext = contextOf(fresh, inNewProcess(), hooks);
  const putProgress = async (_: number, rows: readonly Progress[]): Promise<void> => void (fresh.progress = [...rows]);
  const next = { ...freshContext, control: { ...freshContext.control, putProgress } };
  return withLock(next, 'rebuild', (held, lease) =>
    rebuild(context, held, lease, {
      ...{ keepsOld: false, acceptsDifferences: false, onPublished: () => undefined, recount: (_, work) => work() },
      ...rest,
    }),
  );
}

const keyOf = ({ detection, partition, offset, arrival }: FirstMet): string =>
  `${detection.id} ${detection.item} ${partition}/${offset} ${arrival}`;

/** What first met each id up to the horizon, looked for record by record; everything in the log lies within W. */
function metIn({ log, horizon, rules }: World): string[] {
  const met = new Map<string, string>();
  log.forEach((records, partition) => {
    let arrival = 0;
    for (const { offset, stamp, value } of records.slice(0, horizon!.cuts[partition])) {
      arrival = Math.max(arrival, stamp);
      const [, id, item] = /"detection_oid":(\d+),"item_name":(".*"),/.exec(value?.toString() ?? '') ?? [];
      if (!id || homeOf(id as Oid, rules.partitionCount) !== partition || met.has(id)) continue;
      met.set(id, `${id} ${JSON.parse(item!) as string} ${partition}/${offset} ${arrival}`);
    }
  });
  return [...met.values()];
}

async function chainOf(world: World, epoch: Epoch): Promise<string | null> {
  return (await readRun(world.hdfs, nameOf(epoch, world.rules)))!.chain_sha256;
}

test('after a forgetting the rest comes back from the archive, and the new lake remembers the order', async () => {
  const shared = await oldWorld();
  const old = { ...shared, listed: new Set(shared.listed), rows: new Map(shared.rows) };
  const order = { by: 'location' as const, location: '2', from: 0, to: Date.now() };
  const done = await withLakeLock(contextOf(old, inNewProcess()), (locked, lease) =>
    forget(locked, lease, { order, ids: [] }),
  );
  assert.ok(done!.detections > 5);
  const { rows } = await stateOf(old);
  const rebuilt = await rebuilding(old, nextWorld(old));
  assert.deepEqual([rebuilt.epochs, rebuilt.different, rebuilt.switched], [3, [], true]);
  assert.deepEqual((await stateOf(old)).rows, rows);
  assert.deepEqual(
    (await readChain(old.hdfs)).map(({ kind, carried }) => [kind, carried]),
    [['carry', [order]]],
  );
});

test('the rebuilt lake and batch view equal the old ones, row by row, and replace them', async () => {
  const old = await oldWorld();
  const before_ = await stateOf(old);
  const chain = await chainOf(old, LAST);
  const logBefore = old.log.map((log) => log.length);
  const fresh = nextWorld(old);
  const rebuilt = await rebuilding(old, fresh);
  assert.deepEqual([rebuilt.generation, rebuilt.epochs, rebuilt.different, rebuilt.switched], [2, 3, [], true]);
  assert.equal(old.rules.generation, 2);
  const after_ = await stateOf({ ...fresh, hdfs: old.hdfs });
  for (const part of ['rows', 'cells', 'listed', 'horizon', 'raw'] as const)
    assert.deepEqual(after_[part], before_[part], part);
  assert.equal(await chainOf(old, LAST), chain);
  assert.deepEqual(
    old.log.map((log) => log.length),
    logBefore,
    'nothing was appended to the log',
  );
  assert.deepEqual(
    fresh.progress.map((row) => row!.nextOffset),
    fresh.horizon!.cuts,
  );
  assert.deepEqual([...fresh.rows.values()].map(keyOf).sort(), metIn(fresh).sort(), 'first-met rows of its own');
  assert.ok([...old.hdfs.files.keys()].some((name) => name.startsWith('_generation-1/lake/detections/')));
  assert.ok(![...old.hdfs.files.keys()].some((name) => name.startsWith('_generation-2/') || name === '_switch.json'));
});

test('the raw files are enough: detections, manifests, dataset B and the batch view may all be lost', async () => {
  const old = await oldWorld();
  const { rows } = await stateOf(old);
  for (const name of [...old.hdfs.files.keys()]) {
    if (/^lake\/(detections|top_items|locations|_runs\/(\d|_met))/.test(name)) old.hdfs.files.delete(name);
  }
  const fresh = nextWorld(old);
  fresh.locations.push(...old.locations);
  await rebuilding(old, fresh);
  assert.deepEqual((await stateOf({ ...fresh, hdfs: old.hdfs })).rows, rows);
});

for (const [what, name, word] of [
  ['of another life of the log', 'part-l2-0-0-9.parquet', /is of log life 2, and this lake is of log life 1/],
  ['that is none', 'notes.txt', /is no raw file of this lake/],
  ['with offsets that another one holds', 'part-0-0-0.parquet', /hold the same offsets/],
] as const) {
  test(`a raw file ${what} is named, and nothing is rebuilt or changed`, async () => {
    const old = await oldWorld();
    old.hdfs.files.set(`lake/raw/epoch=${nameOf(FIRST as Epoch, FILLED_RULES)}/${name}`, Buffer.from('x'));
    const before_ = [...old.hdfs.files.keys()].sort();
    const refused = (fault: { exitCode?: number; message: string }): boolean =>
      fault.exitCode === 4 && word.test(fault.message) && /raw\/epoch=/.test(fault.message);
    await assert.rejects(
      checkRebuildable(contextOf(old, inNewProcess()), rulesAfter(old.rules, FILLED_RULES)),
      refused,
    );
    const fresh = nextWorld(old);
    await assert.rejects(rebuilding(old, fresh), refused);
    assert.deepEqual([...old.hdfs.files.keys()].sort(), before_);
    assert.deepEqual([old.rules.generation, fresh.horizon], [1, null]);
  });
}

test('rows that differ from the published ones stop the rebuild before the switch, unless they are accepted', async () => {
  const old = await oldWorld();
  const path = `lake/_runs/${nameOf(LAST, FILLED_RULES)}.json`;
  const report = { ...(await readRun(old.hdfs, nameOf(LAST, FILLED_RULES)))!, rows_sha256: 'f'.repeat(64) };
  old.hdfs.files.set(path, Buffer.from(JSON.stringify(report)));
  const fresh = nextWorld(old);
  await assert.rejects(
    rebuilding(old, fresh),
    (fault: { exitCode?: number; message: string }) =>
      fault.exitCode === 4 && fault.message.includes(nameOf(LAST, FILLED_RULES)),
  );
  assert.equal(old.rules.generation, 1);
  const rebuilt = await rebuilding(old, fresh, { acceptsDifferences: true });
  assert.deepEqual([rebuilt.different, rebuilt.switched], [[nameOf(LAST, FILLED_RULES)], true]);
});

test('epochs of another length hold the same detections', async () => {
  const old = await oldWorld();
  const { rows } = await stateOf(old);
  const fresh = nextWorld(old, { epochSeconds: 30 });
  const rebuilt = await rebuilding(old, fresh);
  assert.equal(rebuilt.epochs, 6);
  assert.deepEqual([...fresh.rows.values()].map(keyOf).sort(), metIn(fresh).sort(), 'first-met rows of its own');
  assert.deepEqual((await stateOf({ ...fresh, hdfs: old.hdfs })).rows, rows);
});

/**
 * `archive_prepared` to `archived_one_file`: what the new lake takes over of open epochs; `locked` is the first
 * epoch's.
 */
const POINTS: readonly CrashPoint[] = [...CRASH_POINTS.run, ...CRASH_POINTS.archive, ...CRASH_POINTS.rebuild];

for (const point of POINTS) {
  test(`a rebuild that is killed at ${point} is finished by the next one`, async () => {
    const old = await oldWorld();
    const before_ = await stateOf(old);
    const fresh = nextWorld(old);
    const mayCrashAt = (at: CrashPoint): void => {
      if (at === point) throw new Crash(point);
    };
    await assert.rejects(rebuilding(old, fresh, { mayCrashAt }), Crash);
    old.lease = fresh.lease = null;
    const finished = await withLock(contextOf(old, inNewProcess()), 'lake', finishSwitch);
    if (finished === null) await rebuilding(old, fresh);
    const after_ = await stateOf({ ...fresh, hdfs: old.hdfs });
    for (const part of ['rows', 'cells', 'horizon', 'raw'] as const)
      assert.deepEqual(after_[part], before_[part], part);
    assert.deepEqual([...fresh.rows.values()].map(keyOf).sort(), metIn(fresh).sort(), 'first-met rows');
    assert.equal(old.rules.generation, 2);
    assert.equal(old.hdfs.files.has('_switch.json'), false);
  });
}

test('a process of the old generation publishes nothing after the switch', async () => {
  const old = await oldWorld();
  const stale = contextOf({ ...old, rules: FILLED_RULES }, inNewProcess());
  await rebuilding(old, nextWorld(old));
  const context = { ...stale, control: { ...stale.control, rules: async () => old.rules } };
  await assert.rejects(publishEpochs(context, { from: null, to: null }), GenerationChanged);
});
