/**
 * What every store of rows must do (core/stores/room/row-store.ts), asked of the store that STORES names: control rows,
 * places, old generations, and what commands look at. The same on HBase and on Cassandra.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epoch } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { NO_TALLIES } from '../../core/domain/tallies.ts';
import { saltedOid, speedRow } from '../../core/layout/hbase.ts';
import { openRowStore } from '../../core/stores/open.ts';
import {
  config,
  store,
  RULES,
  HOUR,
  fresh,
  at,
  met,
  PLACE,
  itemOf,
  placeOf,
  writesOf,
  sorted,
  makeTables,
  dropStore,
} from '../support/row-store.ts';

before(makeTables);
after(dropStore);

test('progress and cuts: the greater offset stays, and what was never written is null', async () => {
  const { control } = store;
  const { generation } = fresh();
  const progress = (nextOffset: number) => ({
    partition: 0,
    nextOffset,
    arrival: at(nextOffset),
    tallies: { ...NO_TALLIES, new: nextOffset },
  });
  await control.putProgress(generation, [progress(7)], [{ partition: 0, cut: 5, tallies: NO_TALLIES }]);
  await control.putProgress(generation, [progress(6)]);
  assert.deepEqual(await control.progress(generation, [0, 1]), [progress(7), null]);
  assert.deepEqual(
    (
      await control.cutTallies(generation, [
        { partition: 0, cut: 5 },
        { partition: 0, cut: 6 },
      ])
    ).map((row) => row?.cut ?? null),
    [5, null],
  );
});

test('the horizon moves from what its mover read, and from nothing else', async () => {
  const { control } = store;
  const { generation } = fresh();
  const horizon = (e: number) => ({ epoch: epoch(e), cuts: [e], arrivals: [at(e)], publishedAt: at(e) });
  assert.equal(await control.horizon(generation), null);
  assert.equal(await control.moveHorizon(generation, horizon(1), horizon(2)), false);
  assert.equal(await control.moveHorizon(generation, null, horizon(1)), true);
  assert.equal(await control.moveHorizon(generation, null, horizon(2)), false);
  assert.equal(await control.moveHorizon(generation, horizon(1), horizon(2)), true);
  assert.equal(await control.moveHorizon(generation, horizon(1), horizon(3)), false);
  assert.deepEqual(await control.horizon(generation), horizon(2));
});

test('of many who want a lease at once one gets it, time after time', async () => {
  const { control } = store;
  let held: Awaited<ReturnType<typeof control.lease>> = null;
  for (let turn = 1; turn <= 5; turn++) {
    const wanted = Array.from({ length: 6 }, (_, i) => ({ owner: `owner ${i}`, renewal: turn, lengthMs: 1_000 }));
    const moved = await Promise.all(wanted.map((to) => control.moveLease('race', held, to).catch(() => false)));
    const now = await control.lease('race');
    assert.equal(moved.filter(Boolean).length, 1);
    assert.deepEqual(now, wanted[moved.indexOf(true)]);
    held = now;
  }
});

test('the first to record rules decides, for everybody', async () => {
  const { control } = store;
  const rules = { ...RULES, topicId: 'a' };
  assert.equal(await control.rules(), null);
  const recorded = await Promise.all(['a', 'b', 'c'].map((topicId) => control.recordRules({ ...rules, topicId })));
  assert.equal(new Set(recorded.map(({ topicId }) => topicId)).size, 1);
  const next = { ...recorded[0]!, generation: 2 };
  assert.equal(await control.switchRules({ ...recorded[0]!, topicId: 'other' }, next), false);
  assert.equal(await control.switchRules(recorded[0]!, next), true);
  assert.equal((await control.rules())?.generation, 2);
  assert.equal(await control.retireRules(recorded[0]!), false);
  assert.equal(await control.retireRules(next), true);
  assert.deepEqual(await control.rules(), { ...next, generation: 3, moving: 'away' });
});

test('places are read whole, and the greater version of a name stays', async () => {
  const places = Array.from({ length: 500 }, (_, i) => ({ oid: oid(i - 250), name: `place ${i} ü` }));
  await store.locations.put(places, 2);
  await store.locations.put([{ oid: places[0]!.oid, name: 'older' }], 1);
  assert.deepEqual(sorted(await store.locations.all()), sorted(places));
});

test('rows of old generations are counted and dropped, and those of the living one stay', async () => {
  const [old, living] = [fresh(), fresh()];
  for (const rules of [old, living]) {
    const { speedView, batchView } = store.counting(rules);
    await speedView.put(writesOf(3, 0, [itemOf(PLACE, 'car', [1, 1], 5), placeOf(PLACE, [1, 1], 5)]));
    await batchView.put([
      { name: { epoch: epoch(3), hour: HOUR, group: 'all' }, cells: [placeOf(PLACE, [1, 1], 3)], listed: [] },
    ]);
  }
  assert.equal((await store.oldGenerations.rows(living.generation)).get(old.generation), 3);
  assert.ok((await store.oldGenerations.drop(living.generation)) >= 3);
  assert.deepEqual(await store.oldGenerations.rows(living.generation), new Map());
  assert.equal((await store.oldGenerations.rows(living.generation + 1)).get(living.generation), 3);
  const asked = { scope: 'all' as const, hours: { from: HOUR, to: HOUR }, levels: ['minute_place'] as const };
  assert.equal((await store.counting(living).batchView.read({ ...asked, horizon: epoch(3) })).length, 1);
  assert.equal((await store.counting(old).batchView.read({ ...asked, horizon: epoch(3) })).length, 0);
});

test('every cell of a row is shown to whoever looks for a fault', async () => {
  const rules = fresh();
  const [write] = writesOf(3, 0, [itemOf(PLACE, 'car', [1, 1], 5)]);
  await store.counting(rules).speedView.put([write!]);
  const cells = await store.cellsOf('speed_view', speedRow(rules.generation, write!.name, 0));
  assert.deepEqual(
    cells!.map(({ family, timestamp }) => [family, timestamp]),
    [['i', 5]],
  );
  assert.equal(await store.cellsOf('speed_view', speedRow(rules.generation, write!.name, 1)), null);
  await store.counting(RULES).detections.put([met('701')]);
  const [row] = (await store.cellsOf('detections', saltedOid(oid(701))))!;
  assert.deepEqual([row!.family, row!.qualifier.toString(), row!.timestamp], ['d', 'r', at(2)]);
  await store.control.moveLease('shown', null, { owner: 'me', renewal: 1, lengthMs: 5 });
  assert.match((await store.cellsOf('control', Buffer.from('lease/shown')))![0]!.value.toString(), /"owner":"me"/);
});

test('a store without tables says so, and answers a ping', async () => {
  const empty = openRowStore({
    ...config,
    HBASE_NAMESPACE: 'nobody_made_this',
    CASSANDRA_KEYSPACE: 'nobody_made_this',
  });
  await empty.ping();
  const fault: unknown = await empty.control.rules().catch((thrown: unknown) => thrown);
  assert.equal(empty.isWithoutTables(fault), true);
  assert.equal(store.isWithoutTables(new Error('another')), false);
  await empty.close();
});

test('a daemon that is killed forgets nothing that it has acknowledged', async () => {
  assert.equal(await store.durabilityFault(), null);
});
