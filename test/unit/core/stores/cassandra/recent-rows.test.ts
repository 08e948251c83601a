/** A worker adds the rows that it wrote itself to what one replica knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FirstMet } from '../../../../../core/domain/first-met.ts';
import { oid } from '../../../../../core/domain/oid.ts';
import { instant } from '../../../../../core/domain/time.ts';
import type { Answer } from '../../../../../core/stores/rows/answers.ts';
import { withRecentRows } from '../../../../../core/stores/cassandra/recent-rows.ts';

const row = (id: string, arrival: number): FirstMet => ({
  ...{ logLife: 1, partition: 0, offset: arrival, arrival: instant(arrival) },
  detection: { id: oid(id), location: oid(1), camera: oid(1), item: 'van', detectedAt: instant(1) },
});

function stage(greatest?: number) {
  const replica = { answer: { status: 'absent' } as Answer<FirstMet>, fault: null as Error | null };
  const store = withRecentRows(
    {
      find: async (ids) => ids.map(() => replica.answer),
      async put() {
        if (replica.fault) throw replica.fault;
      },
    },
    greatest,
  );
  const find = async (id: string): Promise<number | string> => {
    const [answer] = await store.find([oid(id)]);
    return answer!.status === 'found' ? answer!.row.arrival : answer!.status;
  };
  return { replica, store, find };
}

test('a row that the replica lacks is added', async () => {
  const { store, find } = stage();
  await store.put([row('1', 50)]);
  assert.deepEqual([await find('1'), await find('2')], [50, 'absent']);
});

test('of two rows of an id the later one counts', async () => {
  const { replica, store, find } = stage();
  await store.put([row('1', 50)]);
  replica.answer = { status: 'found', row: row('1', 40) };
  assert.equal(await find('1'), 50);
  replica.answer = { status: 'found', row: row('1', 60) };
  assert.equal(await find('1'), 60);
});

test('a failed answer stays failed, and a row that was not acknowledged is not believed', async () => {
  const { replica, store, find } = stage();
  await store.put([row('1', 50)]);
  replica.answer = { status: 'failed', because: 'away' };
  assert.equal(await find('1'), 'failed');
  replica.answer = { status: 'absent' };
  replica.fault = new Error('not written');
  await assert.rejects(store.put([row('2', 50)]));
  assert.equal(await find('2'), 'absent');
});

test('the oldest rows go first', async () => {
  const { store, find } = stage(2);
  for (const id of ['1', '2', '3']) await store.put([row(id, 50)]);
  assert.deepEqual([await find('1'), await find('2'), await find('3')], ['absent', 50, 50]);
});
