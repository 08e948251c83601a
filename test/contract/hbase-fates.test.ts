/**
 * What can never succeed on a real HBase is refused with what to do: a table that is disabled or dropped while a client
 * works with it, a codec that no server has.
 *
 * Needs HBASE_ZOOKEEPER (and HBASE_ZNODE). Uses a namespace of its own and drops it. Missing rights need a cluster with
 * an access controller; a unit test of core/hbase/batch.ts plays its answers.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { askHBase, getRows, putRows } from '../../core/stores/rows/hbase-rows.ts';
import { createHBaseClient } from '../../core/hbase/client.ts';
import { HBaseError } from '../../core/hbase/errors.ts';
import type { Codec, RowPut } from '../../core/hbase/types.ts';

const zookeeper = process.env.HBASE_ZOOKEEPER ?? '127.0.0.1:2181';
const znode = process.env.HBASE_ZNODE ?? '/hbase';
const namespace = `contract_${randomBytes(4).toString('hex')}`;
const NO_BYTES = Buffer.alloc(0);
const Q = Buffer.from('q');

const open = () =>
  createHBaseClient({ zookeeper, znode, user: 'sightline', callTimeoutMs: 20_000, operationTimeoutMs: 60_000 });
const hbase = open();
const put = (value: string, timestamp = 1): RowPut => ({
  row: Q,
  cells: [{ family: 'f', qualifier: Q, timestamp, value: Buffer.from(value) }],
});

before(() => hbase.admin.ensureNamespace(namespace));
after(async () => {
  await hbase.admin.dropNamespace(namespace);
  await hbase.close();
});

test('a table that is disabled, or is dropped, under a client is refused at once, by every way of asking', async () => {
  const table = `${namespace}:taken_away`;
  const other = open();
  await hbase.admin.ensureTable({ name: table, families: [{ name: 'f' }] }, []);
  const ways: [string, () => Promise<unknown>][] = [
    ['put', () => putRows(hbase, table, [put('v')])],
    ['get', async () => requireAnswers(table, await getRows(hbase, { table, gets: [{ row: Q }] }, () => 1))],
    [
      'scan',
      () =>
        askHBase(table, () => hbase.scan(table, { start: NO_BYTES, stop: NO_BYTES })[Symbol.asyncIterator]().next()),
    ],
    [
      'check-and-put',
      () =>
        askHBase(table, () =>
          hbase.checkAndPut(table, { row: Q, family: 'f', qualifier: Q, expected: null }, put('v')),
        ),
    ],
  ];
  const allRefused = async (message: RegExp): Promise<void> => {
    for (const [name, ask] of ways) {
      const began = performance.now();
      await assert.rejects(ask(), (fault: Error) => fault.name === 'Refusal' && message.test(fault.message), name);
      assert.ok(performance.now() - began < 10_000, `${name} tried for ${performance.now() - began} ms`);
    }
  };
  await putRows(hbase, table, [put('v')]);
  await other.admin.disableTable(table);
  await allRefused(/TableNotEnabledException: .*taken_away is disabled\. Enable it again/);
  await other.admin.enableTable(table);
  await putRows(hbase, table, [put('w', 2)]);
  await other.admin.dropTable(table);
  await allRefused(/TableNotFoundException: .*"sightline prepare" creates/);
  await other.close();
});

test('a table whose codec the cluster lacks is refused at once, in words by which another codec is chosen', async () => {
  const table = `${namespace}:packed`;
  const make = (compression: Codec) =>
    hbase.admin.ensureTable({ name: table, families: [{ name: 'f', compression }] }, []);
  await assert.rejects(
    make('LZ4' as Codec),
    (error: Error) =>
      error instanceof HBaseError && error.fate === 'bug' && error.message.includes('hbase.table.sanity.checks'),
  );
  assert.equal(await make('ZSTD'), 'created', 'the stack has this one');
  await hbase.admin.dropTable(table);
});
