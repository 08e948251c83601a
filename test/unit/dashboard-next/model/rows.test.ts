import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepOrder, itemRows, matchPlaces, placeRows, sortPlaces } from '../../../../dashboard-next/model/rows.ts';
import { locations, ranked } from '../answers.ts';

test('an item is compared by its name and shows how many ranks it gained', () => {
  const periods = { now: ranked({ car: 80, bus: 40 }), before: ranked({ bus: 50, car: 40 }) };
  const [car, bus] = itemRows(ranked({ car: 100, bus: 60 }), periods);
  assert.deepEqual([car!.compared, car!.ranksGained], [{ now: 80, before: 40 }, 1]);
  assert.deepEqual([bus!.compared, bus!.ranksGained], [{ now: 40, before: 50 }, -1]);
});

test('an item that an answer may have left out has no change; one that was not there is new', () => {
  const cut = { now: ranked({ car: 80 }), before: ranked({ bus: 50 }, { distinct_items: 900 }) };
  assert.deepEqual(itemRows(ranked({ car: 100 }), cut)[0]!.compared, { now: 80, before: null });
  const whole = { now: ranked({ car: 80 }), before: ranked({ bus: 50 }) };
  assert.deepEqual(itemRows(ranked({ car: 100 }), whole)[0]!.compared, { now: 80, before: 0 });
});

test('if the period before has no detections, no item is new', () => {
  assert.deepEqual(itemRows(ranked({ car: 1 }), { now: ranked({ car: 1 }), before: ranked({}) })[0]!.compared, {
    now: null,
    before: null,
  });
  assert.deepEqual(
    placeRows(locations({ 1: 5 }), { now: locations({ 1: 5 }), before: locations({ 1: 0 }) })[0]!.compared,
    { now: null, before: null },
  );
});

const places = placeRows(
  locations({ 17: 30, 204: 20, 4711: 10 }, { 17: 'Straße der Einheit, Süd', 204: 'Harbour Gate' }),
  {
    now: locations({ 17: 30, 204: 20, 4711: 10 }),
    before: locations({ 17: 10, 204: 20 }),
  },
);
const oids = (rows: readonly { oid: string }[]): string[] => rows.map(({ oid }) => oid);

test('places are found by name without case or accents, by oid, and unknown ones as unknown', () => {
  assert.deepEqual(oids(matchPlaces(places, ' SUD ')), ['17']);
  assert.deepEqual(oids(matchPlaces(places, 'strasse')), ['17']);
  assert.deepEqual(oids(matchPlaces(places, '4')), ['204', '4711']);
  assert.deepEqual(oids(matchPlaces(places, '#204')), ['204']);
  assert.deepEqual(oids(matchPlaces(places, 'unknown')), ['4711']);
  assert.deepEqual(oids(matchPlaces(places, '')), ['17', '204', '4711']);
});

test('places sort by count, name and change', () => {
  assert.deepEqual(oids(sortPlaces(places, '-count')), ['17', '204', '4711']);
  assert.deepEqual(oids(sortPlaces(places, 'count')), ['4711', '204', '17']);
  assert.deepEqual(oids(sortPlaces(places, 'name')), ['204', '17', '4711']);
  assert.deepEqual(oids(sortPlaces(places, '-change')), ['4711', '17', '204']);
});

test('a table under the pointer keeps its order, shows new values and appends new rows', () => {
  const rows = [
    { key: 'c', n: 9 },
    { key: 'a', n: 8 },
    { key: 'd', n: 7 },
  ];
  assert.deepEqual(
    keepOrder(rows, ['a', 'b', 'c']).map(({ key, n }) => `${key}${n}`),
    ['a8', 'c9', 'd7'],
  );
  assert.equal(keepOrder(rows, null), rows);
});
