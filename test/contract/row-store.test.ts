/**
 * What every store of rows must do (core/stores/room/row-store.ts), asked of the store that STORES names: first-met
 * rows and both views, with their laws. The same questions have the same answers on HBase and on Cassandra.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CountCell } from '../../core/domain/counts.ts';
import { epoch } from '../../core/domain/epoch.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { HOUR_MS, instant } from '../../core/domain/time.ts';
import { isForgotten } from '../../core/layout/hbase.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { setPlans } from '../../core/stores/tables/first-met-sets.ts';
import {
  store,
  DAY_MS,
  FACTS,
  RULES,
  HOUR,
  facts,
  fresh,
  at,
  met,
  PLACE,
  OTHER,
  itemOf,
  placeOf,
  writesOf,
  sorted,
  makeTables,
  dropStore,
} from '../support/row-store.ts';

before(makeTables);
after(dropStore);

test('a first-met row is found by its id, an id that nobody met is absent, and each answer is in its place', async () => {
  const { detections } = store.counting(RULES);
  const ids = [
    '17',
    '-1',
    '9223372036854775807',
    '-9223372036854775808',
    ...Array.from({ length: 450 }, (_, i) => `${i + 1_000}`),
  ];
  await detections.put(ids.map((id) => met(id)));
  const asked = ids.flatMap((id, i) => (i % 3 === 0 ? [oid(id), oid(5_000_000 + i)] : [oid(id)]));
  const rows = requireAnswers('detections', await detections.find(asked));
  assert.deepEqual(
    rows.map((row) => row?.detection.id ?? null),
    asked.map((id) => (ids.includes(id) ? id : null)),
  );
  assert.deepEqual(rows[0], met('17'));
  assert.deepEqual(await detections.find([]), []);
});

test('rows of the longest items are written and found together', { timeout: 60_000 }, async () => {
  const { detections } = store.counting(RULES);
  const rows = Array.from({ length: 120 }, (_, i) => {
    const row = met(String(20_000 + i));
    return { ...row, detection: { ...row.detection, item: '𝄞'.repeat(5_000) } };
  });
  await detections.put(rows);
  const found = requireAnswers('detections', await detections.find(rows.map(({ detection }) => detection.id)));
  assert.deepEqual(found, rows);
});

test('of two rows of an id the later arrival stays, in whatever order they are written', async () => {
  const { detections } = store.counting(RULES);
  const [early, late] = [met('501', { arrival: at(10), offset: 1 }), met('501', { arrival: at(20), offset: 2 })];
  for (const rows of [[early], [late], [early]]) await detections.put(rows);
  assert.deepEqual(requireAnswers('detections', await detections.find([oid(501)])), [late]);
});

test('a generation with first-met rows of its own shares none, and its set goes without the others', async () => {
  const own: Rules = { ...RULES, generation: 900, ownFirstMet: true };
  const sets = store.firstMetSets(facts);
  assert.equal((await sets.life(own))?.isThere, false);
  await sets.ensure(own);
  await sets.ensure(own);
  const neededSeconds = setPlans([own], FACTS)[0]!.ttlSeconds;
  assert.deepEqual([(await sets.life(own))?.isThere, (await sets.life(own))?.ttlSeconds], [true, neededSeconds]);
  await store.counting(RULES).detections.put([met('601')]);
  await store.counting(own).detections.put([met('602')]);
  const found = async (rules: Rules) =>
    requireAnswers('detections', await store.counting(rules).detections.find([oid(601), oid(602)])).map(
      (row) => row !== null,
    );
  assert.deepEqual(await found(RULES), [true, false]);
  assert.deepEqual(await found(own), [false, true]);
  const longer = { facts: async () => ({ ...FACTS, segmentMs: 2 * DAY_MS }) };
  await store.firstMetSets(longer).ensure(own);
  assert.equal((await sets.life(own))?.ttlSeconds, neededSeconds + 86_400);
  await sets.ensure(own);
  assert.equal((await sets.life(own))?.ttlSeconds, neededSeconds + 86_400, 'nothing shortens a life');
  assert.deepEqual(await sets.unneeded([RULES]), ['d900']);
  await sets.drop(['d900']);
  assert.deepEqual(await sets.unneeded([RULES]), []);
  assert.deepEqual(await found(RULES), [true, false]);
});

const LONG = 'a long name '.repeat(400);

test('cells of a row are loaded as they were put; a stale writer loses, and a row that nobody wrote is absent', async () => {
  const { speedView } = store.counting(fresh());
  const cells = [
    itemOf(PLACE, 'car', [3, 7, 4, 300], 50),
    itemOf(OTHER, LONG, [59, 1], 51),
    itemOf(oid('-3'), 'a', [0, 1], 2),
  ];
  const [write] = writesOf(3, 2, cells);
  await speedView.put([write!]);
  await speedView.put([{ ...write!, cells: [itemOf(PLACE, 'car', [3, 1], 49), itemOf(OTHER, LONG, [59, 2], 52)] }]);
  const names = [write!.name, { ...write!.name, hour: HOUR + 1 }];
  const [loaded, missing] = await speedView.load(names, 2);
  assert.equal(missing!.status, 'absent');
  assert.ok(loaded!.status === 'found');
  assert.deepEqual(sorted(loaded!.row), sorted([cells[0]!, itemOf(OTHER, LONG, [59, 2], 52), cells[2]!]));
  assert.deepEqual(await speedView.load([write!.name], 1), [{ status: 'absent' }]);
});

test('a question reads its level, its place, its minutes, its hours and its epochs, of every partition', async () => {
  const { speedView } = store.counting(fresh());
  for (const [e, partition, hour] of [
    [3, 0, HOUR],
    [3, 1, HOUR],
    [4, 1, HOUR + 1],
    [5, 1, HOUR],
  ] as const)
    await speedView.put(
      writesOf(
        e,
        partition,
        [
          ...[
            itemOf(PLACE, 'car', [3, 7, 40, 2], 50),
            itemOf(OTHER, 'car', [3, 1], 50),
            placeOf(PLACE, [3, 7, 40, 2], 50),
          ],
          ...[
            placeOf(OTHER, [3, 1], 50),
            { kind: 'total', location: '', item: '', minutes: [3, 8, 40, 2], upTo: 50 } as const,
          ],
        ],
        hour,
      ),
    );
  const asked = { epochs: [epoch(3), epoch(4)], hours: { from: HOUR, to: HOUR + 1 } };
  const sum = (rows: readonly { cells: readonly CountCell[] }[]) =>
    rows.flatMap(({ cells }) => cells).reduce((all, { count }) => all + count, 0);
  const items = await speedView.read({ ...asked, scope: PLACE, levels: ['minute_item'] });
  assert.deepEqual([items.length, sum(items)], [3, 27]);
  assert.ok(
    items.every(
      ({ scope, cells }) => scope === PLACE && cells.every(({ subject, upTo }) => subject === 'car' && upTo === 50),
    ),
  );
  assert.deepEqual(sorted(items.map(({ epoch: e, partition, hour }) => [e, partition, hour - HOUR])), [
    [3, 0, 0],
    [3, 1, 0],
    [4, 1, 1],
  ]);
  assert.equal(
    sum(await speedView.read({ ...asked, scope: PLACE, levels: ['minute_item'], minutes: { from: 4, to: 41 } })),
    6,
  );
  assert.equal(sum(await speedView.read({ ...asked, scope: 'all', levels: ['minute'] })), 30);
  assert.equal(sum(await speedView.read({ ...asked, scope: PLACE, levels: ['minute'] })), 27);
  assert.equal(
    sum(await speedView.read({ ...asked, scope: 'all', levels: ['hour_place'], hours: { from: HOUR, to: HOUR } })),
    20,
  );
  assert.deepEqual(await speedView.read({ ...asked, epochs: [epoch(9)], scope: 'all', levels: ['minute'] }), []);
  assert.equal(await speedView.firstHour(epoch(4), HOUR + 9), HOUR + 1);
  assert.equal(await speedView.firstHour(epoch(4), HOUR + 1), null);
  const places = new Map<string, number>();
  await speedView.eachPlaceOf(epoch(3), ['minute_item'], (rows) => {
    for (const { scope, cells } of rows)
      for (const { count } of cells) places.set(scope, (places.get(scope) ?? 0) + count);
  });
  assert.deepEqual(
    sorted([...places]),
    sorted([
      [PLACE, 18],
      [OTHER, 2],
    ]),
  );
});

test('what changed since an offset is told for each partition that is asked for', async () => {
  const { speedView } = store.counting(fresh());
  await speedView.put([
    ...writesOf(3, 0, [
      itemOf(PLACE, 'car', [1, 1], 10),
      itemOf(PLACE, 'dog', [1, 1], 20),
      itemOf(OTHER, 'dog', [1, 1], 20),
    ]),
    ...writesOf(3, 2, [itemOf(PLACE, 'car', [1, 1], 900)]),
  ]);
  const changed = async (since: [number, number][]) => {
    const spans = [{ epoch: epoch(3), hours: { from: HOUR - 1, to: HOUR } }];
    const rows = await speedView.changed({ scope: PLACE, level: 'minute_item', spans, since: new Map(since) });
    return sorted(rows.flatMap(({ partition, cells }) => cells.map(({ item, upTo }) => [partition, item, upTo])));
  };
  assert.deepEqual(
    (await changed([[0, 20]])).filter(([partition]) => partition === 0),
    [[0, 'dog', 20]],
  );
  assert.deepEqual(
    (await changed([[0, 0]])).filter(([partition]) => partition === 0),
    [
      [0, 'car', 10],
      [0, 'dog', 20],
    ],
  );
  assert.deepEqual(
    (await changed([[2, 901]])).filter(([partition]) => partition === 2),
    [],
  );
  assert.deepEqual(
    (await changed([[2, 900]])).filter(([partition]) => partition === 2),
    [[2, 'car', 900]],
  );
  assert.deepEqual(await changed([]), []);
});

test('the list of a place is complete within its bounds, and names an entry that was written twice once', async () => {
  const { speedView } = store.counting(fresh());
  const entry = (id: number, second: number, location = PLACE) => ({
    id: oid(id),
    location,
    detectedAt: at(second, id % 1_000),
  });
  const name = { epoch: epoch(3), hour: HOUR, group: groupOf(PLACE) };
  const listed = [
    { second: 5, first: 10, upTo: 12, entries: [entry(1, 5), entry(2, 5)] },
    { second: 5, first: 11, upTo: 12, entries: [entry(2, 5)] },
    { second: 3_599, first: 10, upTo: 12, entries: [entry(3, 3_599), entry(4, 3_599, OTHER)] },
  ];
  await speedView.put([{ name, partition: 1, cells: [], listed }]);
  const list = async (bounds = {}) =>
    (await speedView.list({ scope: PLACE, epochs: [epoch(3)], hours: { from: HOUR, to: HOUR }, bounds }))
      .map(({ id }) => id)
      .sort();
  assert.deepEqual(await list(), ['1', '2', '3']);
  assert.deepEqual(await list({ notBefore: at(6) }), ['3']);
  assert.deepEqual(await list({ after: { id: oid(2), detectedAt: at(5, 2) } }), ['1']);
  const everywhere = await speedView.list({ scope: 'all', epochs: [epoch(3)], hours: { from: HOUR, to: HOUR } });
  assert.equal(everywhere.length, 4);
});

test('a prune removes whole epochs, spares what lies behind the cut, and hides a zombie that writes afterwards', async () => {
  const { speedView } = store.counting(fresh());
  const cell = (upTo: number) => [itemOf(PLACE, 'car', [1, 1], upTo)];
  await speedView.put([
    ...writesOf(3, 0, cell(99)),
    ...writesOf(4, 0, cell(100)),
    ...writesOf(5, 0, cell(200)),
    ...writesOf(3, 1, cell(7)),
  ]);
  const left = async () => {
    const epochs = [3, 4, 5].map(epoch);
    const rows = await speedView.read({
      scope: PLACE,
      epochs,
      hours: { from: HOUR, to: HOUR },
      levels: ['minute_item'],
    });
    return sorted(rows.map(({ epoch: e, partition, cells }) => [e, partition, cells[0]!.upTo]));
  };
  assert.ok((await speedView.prune(epoch(4), [150, 8])) >= 3);
  assert.deepEqual(await left(), [[5, 0, 200]]);
  await speedView.put(writesOf(3, 0, cell(98)));
  assert.deepEqual(await left(), [[5, 0, 200]], 'a zombie writes offsets before the cut');
  await speedView.prune(epoch(5), [150, 8]);
  assert.deepEqual(await left(), [[5, 0, 200]], 'a cell that includes a later offset than the cut stays');
});

test('a row of many items comes whole, however many pages it has', { timeout: 120_000 }, async () => {
  const { speedView } = store.counting(fresh());
  const cells = Array.from({ length: 5_000 }, (_, i) => itemOf(PLACE, `item ${i}`, [i % 60, 1], i));
  const writes = writesOf(3, 0, cells);
  await speedView.put(writes);
  const [loaded] = requireAnswers('speed_view', await speedView.load([writes[0]!.name], 0));
  assert.equal(new Set(loaded!.map(({ item }) => item)).size, 5_000);
  let bytes = 0;
  const asked = { scope: PLACE, epochs: [epoch(3)], hours: { from: HOUR, to: HOUR }, levels: ['hour_item'] as const };
  const rows = await speedView.read(asked, { onBytes: (more) => void (bytes += more) });
  assert.deepEqual([rows.length, rows[0]!.cells.length], [1, 5_000]);
  assert.ok(bytes > 50_000, `${bytes} bytes were told`);
  const gone = AbortSignal.abort(new Error('nobody waits'));
  await assert.rejects(speedView.read(asked, { signal: gone }), /nobody waits/);
});

test('a row keeps the mark of doubt where writes can be weak, every reading of it tells so, and a prune takes it', async () => {
  const rules = fresh();
  const { speedView } = store.counting(rules);
  // HBase acknowledges no write that can be lost, so nothing of it is ever in doubt.
  const mark = store.name === 'Cassandra';
  const long = Array.from({ length: 2_500 }, (_, i) => itemOf(PLACE, `item ${i}`, [i % 60, 1], 40 + (i % 10)));
  const entries = [{ id: oid(1), location: PLACE, detectedAt: at(5) }];
  const [write] = writesOf(3, 1, long);
  const lists = { listed: [{ second: 5, first: 40, upTo: 49, entries }] };
  const sure = writesOf(3, 2, [itemOf(PLACE, 'car', [3, 7], 40)]);
  await speedView.put([{ ...write!, ...lists, isDoubtful: true }, ...sure]);
  await speedView.put([{ ...sure[0]!, ...lists, isDoubtful: false }]);
  const [epochs, hours] = [[epoch(3)], { from: HOUR, to: HOUR }];
  const marks = async (from: number) => {
    const since = new Map([1, 2].map((partition) => [partition, from]));
    const spans = [{ epoch: epoch(3), hours }];
    const rows = [
      ...(await speedView.read({ scope: PLACE, epochs, hours, levels: ['minute_item', 'hour_item'] })),
      ...(await speedView.changed({ scope: PLACE, level: 'minute_item', spans, since })),
    ];
    const ofPartition = (asked: number) =>
      new Set(rows.filter(({ partition }) => partition === asked).map(({ isDoubtful = false }) => isDoubtful));
    return [ofPartition(1), ofPartition(2)];
  };
  assert.deepEqual(await marks(0), [new Set([mark]), new Set([false])]);
  const listed = await speedView.list({ scope: PLACE, epochs, hours });
  assert.deepEqual(sorted(listed.map(({ isDoubtful = false }) => isDoubtful)), [false, mark].sort());
  assert.equal(requireAnswers('speed_view', await speedView.load([write!.name], 1))[0]!.length, 2_500);

  // A round that is not in doubt leaves the mark, also to whoever asks only for what it has changed.
  await speedView.put([{ ...write!, cells: [itemOf(PLACE, 'item 0', [0, 2], 60)] }]);
  assert.deepEqual((await marks(60))[0], new Set([mark]));
  await speedView.prune(epoch(3), [0, 61, 61]);
  assert.deepEqual(await marks(0), [new Set(), new Set()]);
  assert.deepEqual(await speedView.load([write!.name], 1), [{ status: 'absent' }]);
  await speedView.put([{ ...write!, cells: [itemOf(PLACE, 'later', [0, 1], 70)] }]);
  assert.deepEqual((await marks(0))[0], new Set([false]), 'the mark went with its row');
});

// ---- the batch view -----------------------------------------------------------------------------------------------

test('the batch view answers up to the horizon only, and tells what an epoch published', async () => {
  const { batchView } = store.counting(fresh());
  assert.equal(await batchView.firstHour(), null);
  const write = (e: number, hour: number, count: number) => ({
    name: { epoch: epoch(e), hour, group: groupOf(PLACE) },
    cells: [itemOf(PLACE, 'car', [3, count], e)],
    listed: [
      {
        second: 5,
        first: 0,
        upTo: e,
        entries: [{ id: oid(e), location: PLACE, detectedAt: instant(hour * HOUR_MS + 5_000) }],
      },
    ],
  });
  const total = { kind: 'total', location: '', item: '', minutes: [3, 1], upTo: 3 } as const;
  await batchView.put([write(3, HOUR, 1), write(4, HOUR, 10), write(5, HOUR, 100), write(4, HOUR + 1, 1_000)]);
  await batchView.put([
    write(4, HOUR, 10),
    { name: { epoch: epoch(3), hour: HOUR, group: 'all' }, cells: [total], listed: [] },
  ]);
  const hours = { from: HOUR - 1, to: HOUR + 1 };
  const rows = await batchView.read({ scope: PLACE, horizon: epoch(4), hours, levels: ['minute_item'] });
  assert.deepEqual(sorted(rows.map(({ epoch: e, hour, cells }) => [e, hour - HOUR, cells[0]!.count])), [
    [3, 0, 1],
    [4, 0, 10],
    [4, 1, 1_000],
  ]);
  const published = async (from: number, upTo: number) =>
    sorted(
      (
        await batchView.published({
          scope: PLACE,
          level: 'minute_item',
          hours,
          epochs: { after: from, upTo: epoch(upTo) },
        })
      ).map(({ epoch: e, hour }) => [e, hour - HOUR]),
    );
  assert.deepEqual(await published(-1, 4), [
    [3, 0],
    [4, 0],
    [4, 1],
  ]);
  assert.deepEqual(await published(4, 5), [[5, 0]]);
  const listed = await batchView.list({ scope: PLACE, horizon: epoch(4), hours });
  assert.deepEqual(listed.map(({ id }) => id).sort(), ['3', '4', '4']);
  assert.equal(await batchView.firstHour(), HOUR);
});

test('a forgotten detection keeps its record and nothing else, or goes, and leaves the lists', async () => {
  const rules = fresh();
  const { detections, batchView, forgottenRows } = store.counting(rules);
  const rows = ['801', '802', '803'].map((id, offset) => met(id, { offset, arrival: at(30) }));
  await detections.put(rows);
  const record = (n: number) => ({ id: rows[n]!.detection.id, partition: 1, offset: rows[n]!.offset });
  const found = async () =>
    requireAnswers('detections', await detections.find(rows.map(({ detection }) => detection.id)));
  const name = { epoch: epoch(3), hour: HOUR, group: groupOf(PLACE) };
  const entries = rows.map(({ detection: { id } }) => ({ id, location: PLACE, detectedAt: at(5, 7) }));
  await batchView.put([{ name, cells: [], listed: [{ second: 5, first: 0, upTo: 3, entries }] }]);
  for (let turn = 1; turn <= 2; turn++) {
    await forgottenRows.blank([record(0), { ...record(2), offset: 77 }]);
    await forgottenRows.drop([record(1)]);
    await forgottenRows.unlist([{ ...entries[0]!, epoch: epoch(3) }]);
    const [first, second, third] = await found();
    assert.ok(first && isForgotten(first));
    assert.deepEqual([first.partition, first.offset, first.arrival, first.detection.location], [1, 0, at(30), '0']);
    assert.equal(second, null);
    assert.deepEqual(third, rows[2], 'a row of another record stays');
    const listed = await batchView.list({ scope: PLACE, horizon: epoch(3), hours: { from: HOUR, to: HOUR } });
    assert.deepEqual(listed.map(({ id }) => id).sort(), ['802', '803']);
  }
  await forgottenRows.unlist(entries.slice(1).map((entry) => ({ ...entry, epoch: epoch(3) })));
  assert.deepEqual(await batchView.list({ scope: PLACE, horizon: epoch(3), hours: { from: HOUR, to: HOUR } }), []);
  const again = met('801', { offset: 90, arrival: at(3_000) });
  await detections.put([again]);
  assert.deepEqual((await found())[0], again, 'a later row of the same id wins');
});
