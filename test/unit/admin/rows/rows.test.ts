/** `sightline rows show`: every kind of row is found by a key that a person can type, and its cells are decoded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRow } from '../../../../admin/rows/command.ts';
import { rowKey } from '../../../../admin/rows/row-key.ts';
import { showRow } from '../../../../admin/rows/show-row.ts';
import type { Detection } from '../../../../core/domain/detection.ts';
import { epochOf } from '../../../../core/domain/epoch.ts';
import { hourRowsOf } from '../../../../core/domain/hour-counts.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { instant, SECOND_MS } from '../../../../core/domain/time.ts';
import { saltedOid } from '../../../../core/layout/hbase.ts';
import type { TableName } from '../../../../core/layout/tables.ts';
import { requireAnswers } from '../../../../core/stores/rows/answers.ts';
import { getRows } from '../../../../core/stores/rows/hbase-rows.ts';
import { controlStore } from '../../../../core/stores/control/control.ts';
import { detectionsStore } from '../../../../core/stores/tables/detections.ts';
import { speedView } from '../../../../core/stores/views/speed-view.ts';
import { simulatedHBase } from '../../../simulation/hbase.ts';
import { RULES } from '../../speed-layer/records.ts';

const NAMESPACE = 'sim';
const DETECTED = instant(Date.UTC(2026, 10, 22, 14, 3, 5));
const ARRIVED = instant(DETECTED + 2 * SECOND_MS);
const DETECTION: Detection = { id: oid(17), location: oid(-7), camera: oid(5), item: 'car', detectedAt: DETECTED };

async function filled() {
  const hbase = simulatedHBase().client();
  await controlStore(hbase, NAMESPACE).recordRules({ ...RULES, topicId: 'a' });
  const met = { logLife: 1, partition: 3, offset: 99, arrival: ARRIVED, detection: DETECTION };
  await detectionsStore(hbase, NAMESPACE, RULES).put([met]);
  const [ofGroup] = hourRowsOf(DETECTION, epochOf(ARRIVED, RULES));
  const listed = {
    second: 185,
    first: 99,
    upTo: 99,
    entries: [{ id: oid(17), location: oid(-7), detectedAt: DETECTED }],
  };
  const cell = { kind: 'place_item', location: oid(-7), item: 'car', minutes: [3, 1], upTo: 99 } as const;
  await speedView(hbase, NAMESPACE, RULES).put([{ name: ofGroup, partition: 3, cells: [cell], listed: [listed] }]);
  return {
    control: controlStore(hbase, NAMESPACE),
    cellsOf: async (table: TableName, row: Buffer) => {
      const [cells] = requireAnswers(
        table,
        await getRows(hbase, { table: `${NAMESPACE}:${table}`, gets: [{ row }] }, (c) => c),
      );
      return cells ?? null;
    },
  };
}

test('a first-met row is found by the id of its detection', async () => {
  const shown = await readRow(await filled(), 'detections', '17');
  assert.deepEqual(shown, {
    table: 'detections',
    row: saltedOid(oid(17)).toString('hex'),
    key: { detection_oid: '17' },
    cells: [
      {
        column: 'd:72',
        timestamp: ARRIVED,
        value: {
          log_life: 1,
          partition: 3,
          offset: 99,
          arrived_at: '2026-11-22T14:03:07.000Z',
          geographical_location_oid: '-7',
          video_camera_oid: '5',
          item_name: 'car',
          detected_at: '2026-11-22T14:03:05.000Z',
        },
      },
    ],
  });
});

test('a row of the speed view is found by its epoch, hour, place and partition, or by its bytes', async () => {
  const store = await filled();
  const shown = (await readRow(store, 'speed_view', '2026-11-22/2026-11-22T14/-7/3'))!;
  assert.deepEqual(shown.key, {
    generation: 1,
    epoch: '2026-11-22',
    hour: '2026-11-22T14',
    places: `group ${Number.parseInt(shown.row.slice(0, 2), 16)}`,
    partition: 3,
  });
  const values = shown.cells.map(({ value }) => value);
  assert.deepEqual(values.sort(), [
    [{ detection_oid: '17', geographical_location_oid: '-7', detected_at: '2026-11-22T14:03:05.000Z' }],
    { kind: 'place_item', geographical_location_oid: '-7', item_name: 'car', count: 1, by_minute: { 3: 1 } },
  ]);
  assert.deepEqual(await readRow(store, 'speed_view', `0x${shown.row}`), shown);
  assert.equal(await readRow(store, 'speed_view', '2026-11-22/2026-11-22T15/-7/3'), null);
});

test('a row of the control table is found by its text', async () => {
  const shown = (await readRow(await filled(), 'control', 'rules'))!;
  assert.equal(shown.key, 'rules');
  assert.equal((shown.cells[0]!.value as { topicId?: string }).topicId, 'a');
});

test('a key of another form is refused with the form that the table has', () => {
  assert.throws(
    () => rowKey('detections', 'seventeen', null),
    /The key is "seventeen"; a row of detections is named by a/,
  );
  for (const key of ['17', '2026-11-22/2026-11-22T14/all', '2026-11-22/2026-11-22T14/all/3/4', '2026-11-22/14/all/3'])
    assert.throws(() => rowKey('speed_view', key, RULES), /EPOCH\/HOUR\/PLACE\/PARTITION/, key);
  assert.throws(() => rowKey('batch_view', '2026-11-22/2026-11-22T14/all/3', RULES), /EPOCH\/HOUR\/PLACE such/);
});

test('bytes that are not what the layout says are shown as they are', () => {
  const row = saltedOid(oid(17));
  const cell = { row, family: 'd', qualifier: Buffer.from('r'), timestamp: 1, value: Buffer.from([1, 2]) };
  const [shown] = showRow('detections', row, [cell], null).cells;
  assert.equal((shown!.value as { undecoded: string }).undecoded, '0102');
});
