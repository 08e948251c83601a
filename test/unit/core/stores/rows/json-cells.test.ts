/**
 * Two versions of the program on one table `control`: what the newer one writes beside keeps the older one from
 * nothing, and outlives it. The newer writer is made here of bytes, with members that this version does not know; HBase
 * is the simulation's, in memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch } from '../../../../../core/domain/epoch.ts';
import type { Instant } from '../../../../../core/domain/time.ts';
import type { Horizon } from '../../../../../core/stores/control/horizon-row.ts';
import type { RecordedRules } from '../../../../../core/stores/control/rules-rows.ts';
import { CONTROL_FAMILY, CONTROL_QUALIFIER } from '../../../../../core/layout/hbase.ts';
import { controlStore } from '../../../../../core/stores/control/control.ts';
import { simulatedHBase } from '../../../../simulation/hbase.ts';

const TABLE = 'test:control';
const RULES: RecordedRules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 60, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 1 },
  ...{ firstEpoch: 5, firstOffsets: [0], topicId: 't' },
};
const horizonAt = (epoch: number): Horizon => ({
  ...{ epoch: epoch as Epoch, cuts: [epoch], arrivals: [0 as Instant], publishedAt: 0 as Instant },
});

function opened() {
  const hbase = simulatedHBase().client();
  const control = controlStore(hbase, 'test');
  const rowOf = async (row: string): Promise<Record<string, unknown>> => {
    const [answer] = await hbase.get(TABLE, [{ row: Buffer.from(row) }]);
    assert.equal(answer!.status, 'found');
    return JSON.parse((answer as { cells: readonly { value: Buffer }[] }).cells[0]!.value.toString()) as Record<
      string,
      unknown
    >;
  };
  /** A newer version adds members to a row, in an order of its own. */
  const asNewer = async (row: string, timestamp: number, members: object): Promise<void> => {
    const json = { zone: 'new', ...(await rowOf(row)), ...members };
    const cells = [
      { family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, timestamp, value: Buffer.from(JSON.stringify(json)) },
    ];
    await hbase.put(TABLE, [{ row: Buffer.from(row), cells }]);
  };
  return { control, rowOf, asNewer };
}

test('an older version moves the horizon that a newer one wrote, and keeps what it does not know', async () => {
  const { control, rowOf, asNewer } = opened();
  assert.ok(await control.moveHorizon(1, null, horizonAt(7)));
  await asNewer('horizon/1', 7, { checked_by: 'somebody' });
  const read = await control.horizon(1);
  assert.deepEqual(read, horizonAt(7));
  assert.ok(await control.moveHorizon(1, read, horizonAt(8)));
  assert.deepEqual(await rowOf('horizon/1'), { ...horizonAt(8), zone: 'new', checked_by: 'somebody' });
});

test('a lease of a newer version is renewed and given back by an older one', async () => {
  const { control, asNewer } = opened();
  const mine = { owner: 'a', renewal: 1, lengthMs: 10 };
  assert.ok(await control.moveLease('lake', null, mine));
  await asNewer('lease/lake', 1, { token: 'x' });
  const renewed = { ...mine, renewal: 2 };
  assert.ok(await control.moveLease('lake', mine, renewed), 'from what it holds, not from what it read');
  assert.ok(await control.moveLease('lake', renewed, { ...renewed, owner: '', renewal: 3 }));
});

test('growths of a newer version keep their members when an older one settles an epoch', async () => {
  const { control, rowOf, asNewer } = opened();
  const first = await control.growth(1);
  assert.ok(
    await control.moveGrowth(1, first, {
      settled: 3,
      growths: [{ from: 60_000 as Instant, partitions: 4 }],
      growingTo: null,
    }),
  );
  await asNewer('growth/1', 1, { growths: [{ from: 60_000, partitions: 4, why: 'load' }] });
  const read = await control.growth(1);
  assert.ok(await control.moveGrowth(1, read, { ...read, settled: 9 }));
  assert.deepEqual((await rowOf('growth/1')).growths, [{ from: 60_000, partitions: 4, why: 'load' }]);
});

test('a switch records the rules of the rebuild whole, and nothing of the generation before', async () => {
  const { control, rowOf, asNewer } = opened();
  const next = { ...RULES, generation: 2, dedupWindowDays: 5, ownFirstMet: true };
  await control.recordRules(RULES);
  await asNewer('rules', 1, { of_the_old: 1 });
  assert.deepEqual(await control.recordRebuild(next), next);
  await asNewer('rules/2', 1, { of_the_new: 2 });
  assert.ok(await control.switchRules((await control.rules())!, next));
  assert.deepEqual(await control.rules(), next);
  const { of_the_old, of_the_new } = await rowOf('rules');
  assert.deepEqual([of_the_old, of_the_new], [undefined, 2]);
});

test('who moves a row from what is not there any more moves nothing', async () => {
  const { control } = opened();
  assert.ok(await control.moveHorizon(1, null, horizonAt(7)));
  assert.equal(await control.moveHorizon(1, null, horizonAt(7)), false);
  assert.equal(await control.moveHorizon(1, horizonAt(6), horizonAt(7)), false);
  assert.equal(
    await control.moveHorizon(2, horizonAt(7), horizonAt(8)),
    false,
    'the row of another generation is absent',
  );
  assert.ok(await control.moveHorizon(1, horizonAt(7), horizonAt(8)));
});

test('rules that ask for what this version does not know stop it, and it says so', async () => {
  const { control, asNewer } = opened();
  await control.recordRules(RULES);
  await asNewer('rules', 1, { requires: ['own_first_met'] });
  assert.deepEqual(await control.rules(), { ...RULES, ownFirstMet: true });
  await asNewer('rules', 1, { requires: ['own_first_met', 'lunar_epochs'] });
  await assert.rejects(
    control.rules(),
    (fault: { exitCode?: number; message: string }) =>
      fault.exitCode === 2 && /newer version.*ask for lunar_epochs/.test(fault.message),
  );
});
