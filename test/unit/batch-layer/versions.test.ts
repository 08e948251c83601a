/**
 * A lake that an earlier version wrote is read, proved and continued by this one, with members that only a later
 * version knows; a later version of the layout is refused with what to do.
 *
 * The lake is recorded (test/support/recorded-lake.ts): four epochs, a compacting, a forgetting.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BatchContext } from '../../../batch-layer/context.ts';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { World } from '../../support/batch-doubles.ts';
import { endOf, nameOf, startOf } from '../../../core/domain/epoch.ts';
import { manifestFile } from '../../../core/layout/lake.ts';
import { Refusal } from '../../../core/process/errors.ts';
import { readChain } from '../../../core/stores/lake/changes.ts';
import { lakeListing } from '../../../core/stores/lake/lake-listing.ts';
import { readRun } from '../../../core/stores/lake/runs.ts';
import { compact } from '../../../batch-layer/changes/compact.ts';
import { withLakeLock } from '../../../batch-layer/lock/lake-lock.ts';
import { publishEpochs } from '../../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../../batch-layer/run/reprocess.ts';
import { contextOf } from '../../support/batch-doubles.ts';
import { sendSighting, SIGHTINGS } from '../../support/hourly-world.ts';
import { recordedWorld } from '../../support/recorded-lake.ts';

let folder: string;
let processes = 0;
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'sightline-versions-'))));
after(() => rm(folder, { recursive: true, force: true }));

/** The log has deleted what the lake holds. */
function contextOver(world: World): BatchContext {
  const context = contextOf(world, join(folder, `process-${processes++}`));
  const { cuts } = world.horizon!;
  world.log.forEach((log, partition) => {
    while (log.length < cuts[partition]!)
      log.push({ partition, offset: log.length, stamp: 0, key: null, value: null, headers: [] });
  });
  const ends = async () => world.log.map((log, partition) => ({ partition, low: cuts[partition]!, high: log.length }));
  return { ...context, admin: { ...context.admin, ends } };
}

function epochsOf({ rules, horizon }: World): Epoch[] {
  return Array.from({ length: horizon!.epoch - rules.firstEpoch + 1 }, (_, i) => (rules.firstEpoch + i) as Epoch);
}

/** As a later version might write it. */
function withLaterMembers(world: World): void {
  for (const [path, bytes] of world.hdfs.files) {
    if (!/_runs\/\d.*\.json$/.test(path)) continue;
    const json = JSON.parse(bytes.toString()) as { partitions: object[] };
    const partitions = json.partitions.map((partition) => ({ ...partition, later: [1] }));
    world.hdfs.files.set(path, Buffer.from(JSON.stringify({ ...json, partitions, later: { of: 'version x' } })));
  }
  world.horizon = { ...world.horizon!, ...{ later: true } };
  world.rules = { ...world.rules, ...{ later: 'x' } };
}

async function checkLake(world: World): Promise<void> {
  for (const epoch of epochsOf(world)) assert.ok(isSame(await reprocess(contextOver(world), epoch)), String(epoch));
  assert.deepEqual((await readChain(world.hdfs)).map(({ kind }) => kind).slice(0, 2), ['compact', 'forget']);
  const days = await lakeListing(world.hdfs).days();
  assert.ok(days.reduce((sum, { rows }) => sum + rows, 0) > 50);
}

for (const [what, change] of [
  ['as it was recorded', () => undefined],
  ['with members of a later version', withLaterMembers],
] as const) {
  test(`the recorded lake ${what} proves itself, and the next epoch is published on it`, async () => {
    const world = await recordedWorld();
    change(world);
    await checkLake(world);
    const next = (world.horizon!.epoch + 1) as Epoch;
    contextOver(world);
    const at = startOf(next, world.rules) + 60_000;
    const first = startOf(world.rules.firstEpoch as Epoch, world.rules);
    // Its first record was forgotten: the id is known, and this copy does not count.
    sendSighting(world, { ...SIGHTINGS[0]!, at: first }, at);
    sendSighting(world, { id: '4711', camera: 7, location: 1, at }, at);
    world.tickStamp = endOf(next, world.rules) + 1_000;
    const { reports } = await publishEpochs(contextOver(world), { from: null, to: next });
    assert.deepEqual([reports[0]!.tallies.new, reports[0]!.tallies.copies], [1, 1]);
    await withLakeLock(contextOver(world), (locked, lease) =>
      compact(locked, lease, { belowBytes: 1e6, now: Date.now() }),
    );
    await checkLake(world);
  });
}

test('whoever writes a manifest again keeps the members that only a later version knows', async () => {
  const world = await recordedWorld();
  withLaterMembers(world);
  const next = (world.horizon!.epoch + 1) as Epoch;
  contextOver(world);
  // It arrives late, so that the first hour has a second file.
  const first = startOf(world.rules.firstEpoch as Epoch, world.rules);
  sendSighting(world, { id: '4711', camera: 7, location: 1, at: first + 1_000 }, startOf(next, world.rules) + 1_000);
  world.tickStamp = endOf(next, world.rules) + 1_000;
  await publishEpochs(contextOver(world), { from: null, to: next });
  const merged = await withLakeLock(contextOver(world), (locked, lease) =>
    compact(locked, lease, { belowBytes: 1e6, now: Date.now() }),
  );
  assert.ok(merged.length > 0);
  const { epochs } = (await readChain(world.hdfs)).at(-1)!;
  for (const { epoch } of epochs.filter((one) => one.epoch !== nameOf(next, world.rules))) {
    const manifest = JSON.parse(world.hdfs.files.get(manifestFile(epoch))!.toString()) as Record<string, unknown>;
    assert.deepEqual(manifest.later, { of: 'version x' });
  }
});

test('a manifest of a later version is refused with what to do', async () => {
  const world = await recordedWorld();
  const epoch = nameOf(world.horizon!.epoch, world.rules);
  const manifest = JSON.parse(world.hdfs.files.get(manifestFile(epoch))!.toString()) as object;
  world.hdfs.files.set(manifestFile(epoch), Buffer.from(JSON.stringify({ ...manifest, version: 2 })));
  await assert.rejects(readRun(world.hdfs, epoch), (fault) => {
    assert.ok(fault instanceof Refusal && fault.exitCode === 2);
    assert.match(fault.message, /a manifest of version 2.*newer program/);
    return true;
  });
});
