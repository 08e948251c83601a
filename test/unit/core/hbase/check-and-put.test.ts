// What is concluded from reading the row after a check-and-put whose answer was lost.
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { checkAndPut, wasApplied } from '../../../../core/hbase/check-and-put.ts';
import { HBaseError } from '../../../../core/hbase/errors.ts';
import { cellBytes, writeCell } from '../../../../core/hbase/cells.ts';
import { closeAll, fakeServer, multiAnswer, number, reachOf } from './fake-server.ts';
import { tableOf } from './table-of.ts';

afterEach(closeAll);

const ROW = Buffer.from('r');
const Q = Buffer.from('q');
const LOST = new HBaseError('relocate', 'connection', 'lost', { isAmbiguous: true });
const cell = (value: string, timestamp: number) => ({
  row: ROW,
  family: 'f',
  qualifier: Q,
  timestamp,
  value: Buffer.from(value),
});
const put = { row: ROW, cells: [{ family: 'f', qualifier: Q, timestamp: 7, value: Buffer.from('new') }] };
const check = (expected: string | null) => ({
  row: ROW,
  family: 'f',
  qualifier: Q,
  expected: expected === null ? null : Buffer.from(expected),
});

test('our own cell, value and timestamp, means that the put was applied', () => {
  assert.equal(wasApplied([cell('new', 7)], check('old'), put, LOST), true);
});

test('the expected value, or the expected absence, means that it was not', () => {
  assert.equal(wasApplied([cell('old', 6)], check('old'), put, LOST), false);
  assert.equal(wasApplied([], check(null), put, LOST), false);
});

test('anything else cannot be known and is said so', () => {
  for (const found of [[cell('other', 8)], [cell('new', 8)], [cell('old', 6)]])
    assert.throws(() => wasApplied(found, check(null), put, LOST), { exception: 'ambiguous', fate: 'anew' });
  assert.throws(() => wasApplied([], check('old'), put, LOST), { exception: 'ambiguous' });
});

/** A server that applies the first put and hangs up before it says so, if `applies`. */
async function forgetfulServer(applies: boolean) {
  let value: string | undefined;
  let puts = 0;
  const server = await fakeServer((asked) => {
    if (asked.method === 'Multi') {
      const found = value === undefined ? Buffer.alloc(0) : Buffer.alloc(cellBytes(1, 1, 1, value.length));
      if (value !== undefined)
        writeCell(found, 0, ROW, { family: 'f', qualifier: Q, timestamp: 7, value: Buffer.from(value) });
      asked.reply(multiAnswer([{ results: [{ index: 0, cells: value === undefined ? 0 : 1 }] }]), found);
      return;
    }
    puts++;
    const matches = value === undefined;
    if (matches && (applies || puts > 1)) value = 'new';
    if (puts === 1) asked.hangUp();
    else asked.reply(number(0x10, matches ? 1 : 0));
  });
  return { ...server, puts: () => puts };
}

test('a winner whose answer was lost is told that it won, without a second put', async () => {
  const server = await forgetfulServer(true);
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1));
  assert.equal(await checkAndPut(reach, 'n:t', check(null), put), true);
  assert.equal(server.puts(), 1);
});

test('a put that was lost on the way is sent again', async () => {
  const server = await forgetfulServer(false);
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1));
  assert.equal(await checkAndPut(reach, 'n:t', check(null), put), true);
  assert.equal(server.puts(), 2);
});

test('a check for an empty value, or for another row, is refused', async () => {
  const reach = reachOf(() => tableOf([]));
  await assert.rejects(checkAndPut(reach, 'n:t', check(''), put), { exception: 'request' });
  await assert.rejects(checkAndPut(reach, 'n:t', { ...check(null), row: Q }, put), { exception: 'request' });
});
