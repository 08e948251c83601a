/**
 * The table of an earlier program, which lacks the mark of doubt: this program says that "prepare" is missing, and
 * "prepare" adds the column beside rows that stay as they are.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { epoch } from '../../core/domain/epoch.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import { speedRow } from '../../core/layout/hbase.ts';
import { readConfig } from '../../core/process/config.ts';
import { Refusal } from '../../core/process/errors.ts';
import { cassandraStore } from '../../core/stores/cassandra/store.ts';
import { viewRows } from '../../core/stores/cassandra/view-rows.ts';
import { encodeHourCell } from '../../core/layout/hbase.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { setPlans } from '../../core/stores/tables/first-met-sets.ts';
import { FACTS, HOUR, itemOf, PLACE, RULES } from '../support/row-store.ts';
import { dropTables } from '../support/store-tables.ts';

const KEYSPACE = `earlier_${randomBytes(4).toString('hex')}`;
const config = readConfig({ ...process.env, STORES: 'cassandra', CASSANDRA_KEYSPACE: KEYSPACE });
const store = cassandraStore(config);
const NAME = { epoch: epoch(3), hour: HOUR, group: groupOf(PLACE) };
const CELL = itemOf(PLACE, 'car', [3, 7], 50);
const { speedView } = store.counting(RULES);

before(async () => {
  await store.cassandra.define(
    `CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', ` +
      `'${config.CASSANDRA_DATACENTER}': 1}`,
  );
  await store.cassandra.define(
    `CREATE TABLE ${KEYSPACE}.speed_view ` +
      '(row blob, level ascii, name blob, value blob, up_to bigint, PRIMARY KEY ((row), level, name))',
  );
  const key = speedRow(RULES.generation, NAME, 1);
  await viewRows(store.cassandra, `${KEYSPACE}.speed_view`).put([{ key, cells: [encodeHourCell(CELL)] }]);
});
after(async () => {
  await store.close();
  await dropTables(config);
});

test('a table that lacks the column is refused with what to do; prepare adds it, and earlier rows have no mark', async () => {
  const load = async () => requireAnswers('speed_view', await speedView.load([NAME], 1))[0];
  await assert.rejects(load(), (fault: unknown) => {
    assert.ok(fault instanceof Refusal, String(fault));
    assert.match(fault.message, /speed_view.*doubt.*"sightline prepare"/);
    assert.equal(store.isWithoutTables(fault), false);
    return true;
  });
  for (let turn = 1; turn <= 2; turn++) await store.ensureTables(setPlans([RULES], FACTS));
  assert.deepEqual(await load(), [CELL]);
  const asked = { scope: PLACE, level: 'minute_item', since: new Map([[1, 0]]) } as const;
  const read = async () =>
    (await speedView.changed({ ...asked, spans: [{ epoch: NAME.epoch, hours: { from: HOUR, to: HOUR } }] })).map(
      ({ isDoubtful = false }) => isDoubtful,
    );
  assert.deepEqual(await read(), [false]);
  await speedView.put([{ name: NAME, partition: 1, cells: [{ ...CELL, upTo: 51 }], listed: [], isDoubtful: true }]);
  assert.deepEqual(await read(), [true]);
});
