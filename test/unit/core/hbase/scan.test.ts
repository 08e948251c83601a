// A scan against a server that cuts rows in pieces, hangs up anywhere, and whose regions split on the way.
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cellBytes, writeCell } from '../../../../core/hbase/cells.ts';
import { messages } from '../../../../core/hbase/messages.ts';
import type { Scan } from '../../../../core/hbase/messages.ts';
import { scanTable } from '../../../../core/hbase/scan.ts';
import { closeAll, fakeServer, reachOf } from './fake-server.ts';
import type { Asked } from './fake-server.ts';
import { tableOf } from './table-of.ts';

afterEach(closeAll);

const CELLS_PER_ROW = 3;

function cellOf(row: number, column: number): Buffer {
  const bytes = Buffer.alloc(cellBytes(1, 1, 1, 0));
  const cell = { family: 'f', qualifier: Buffer.from([column]), timestamp: 1, value: Buffer.alloc(0) };
  writeCell(bytes, 0, Buffer.from([row]), cell);
  return bytes;
}

/**
 * Holds one-byte rows and answers a few cells a call, often in the middle of a row; every so many calls it hangs up.
 */
function scanServer(
  rows: readonly number[],
  table: () => ReturnType<typeof tableOf>,
  piece: number,
  hangUpEvery: number,
) {
  const scanners = new Map<string, { row: number; column: number }[]>();
  let calls = 0;
  return (asked: Asked) => {
    const question = messages.scanRequest.decode(asked.param);
    if (question.close_scanner === true)
      return asked.reply(messages.scanResponse.encode({ cells_per_result: [], partial_flag_per_result: [] }));
    if (++calls % hangUpEvery === 0) return asked.hangUp();
    const id = question.scanner_id ?? String(2n ** 60n + BigInt(calls));
    if (question.scanner_id === undefined) {
      const region = table().regions.find(({ name }) => name.equals(question.region!.value));
      if (region === undefined) return asked.refuse('x.NotServingRegionException');
      const inside = rowsOf(question.scan!, rows).filter((row) =>
        table()
          .at(Buffer.from([row]))
          ?.name.equals(region.name),
      );
      scanners.set(
        id,
        inside.flatMap((row) => Array.from({ length: CELLS_PER_ROW }, (_, column) => ({ row, column }))),
      );
    }
    const left = scanners.get(id);
    if (left === undefined) return asked.refuse('x.UnknownScannerException');
    const first = left[0];
    const taken = left.splice(0, Math.min(piece, left.findIndex((cell) => cell.row !== first?.row) >>> 0));
    const answer = {
      scanner_id: id,
      cells_per_result: taken.length === 0 ? [] : [taken.length],
      partial_flag_per_result: taken.length === 0 ? [] : [left[0]?.row === first?.row],
      more_results: true,
      more_results_in_region: left.length > 0,
    };
    return asked.reply(
      messages.scanResponse.encode(answer),
      Buffer.concat(taken.map(({ row, column }) => cellOf(row, column))),
    );
  };
}

function rowsOf(scan: Scan, rows: readonly number[]): number[] {
  const start = scan.start_row?.[0];
  const stop = scan.stop_row?.[0];
  return rows
    .filter((row) => start === undefined || (scan.include_start_row === true ? row >= start : row > start))
    .filter((row) => stop === undefined || row < stop)
    .sort((a, b) => a - b);
}

const plan = fc.record({
  rows: fc.uniqueArray(fc.nat({ max: 255 }), { maxLength: 14, size: 'max' }),
  splits: fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }),
  later: fc.integer({ min: 1, max: 255 }),
  piece: fc.integer({ min: 1, max: 4 }),
  // A row takes up to three calls: with fewer than five between losses none might ever come whole.
  hangUpEvery: fc.integer({ min: 5, max: 12 }),
  start: fc.option(fc.nat({ max: 255 })),
  stop: fc.option(fc.nat({ max: 255 })),
  limitRows: fc.option(fc.integer({ min: 1, max: 8 })),
});

test('every row comes whole and once, in order, whatever fails, moves or splits', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ rows, splits, later, piece, hangUpEvery, start, stop, limitRows }) => {
      const keys = (list: number[]) => [...new Set(list)].map((split) => Buffer.from([split]));
      let address = '';
      let table = tableOf(keys(splits), () => address, 1);
      const server = await fakeServer(scanServer(rows, () => table, piece, hangUpEvery));
      address = server.address;
      table = tableOf(keys(splits), () => address, 1);
      const reach = reachOf((stale) =>
        table.version > stale ? table : (table = tableOf(keys([...splits, later]), () => address, stale + 1)),
      );
      const bound = (row: number | null) => (row === null ? Buffer.alloc(0) : Buffer.from([row]));
      const options = {
        start: bound(start),
        stop: bound(stop),
        ...(limitRows === null ? {} : { limitRows }),
      };
      const found: number[] = [];
      for await (const batch of scanTable(reach, 'n:t', options))
        for (const row of batch) {
          assert.deepEqual(
            row.map((cell) => [cell.row[0], cell.qualifier[0]]),
            [0, 1, 2].map((column) => [row[0]!.row[0], column]),
          );
          found.push(row[0]!.row[0]!);
        }
      const asked: Scan = {
        column: [],
        include_start_row: true,
        start_row: options.start,
        stop_row: options.stop,
      };
      assert.deepEqual(found, rowsOf(asked, rows).slice(0, limitRows ?? Infinity));
      await closeAll();
    }),
    { numRuns: 30, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: true },
  );
});

test('a scan that loses its server in the middle of the same row for ever ends with the error', async () => {
  let address = '';
  let version = 0;
  const table = () => tableOf([], () => address, version);
  const server = await fakeServer(scanServer([7], table, 1, 2));
  address = server.address;
  const reach = reachOf((stale) => tableOf([], () => address, (version = stale + 1)), { operationTimeoutMs: 200 });
  const scan = scanTable(reach, 'n:t', { start: Buffer.alloc(0), stop: Buffer.alloc(0) });
  await assert.rejects(
    async () => {
      for await (const batch of scan) assert.deepEqual(batch, []);
    },
    { exception: 'connection' },
  );
});

/**
 * Answers a row a call, so that a scan of all rows is many calls; tells of each call and of each scanner that is freed.
 */
async function slowScan(rows: number, onCall: (calls: number) => void, onClose: () => void) {
  let address = '';
  let calls = 0;
  const answer = scanServer(
    Array.from({ length: rows }, (_, row) => row),
    () => tableOf([], () => address, 1),
    CELLS_PER_ROW,
    Infinity,
  );
  const server = await fakeServer((asked) => {
    if (messages.scanRequest.decode(asked.param).close_scanner === true) onClose();
    else onCall(++calls);
    answer(asked);
  });
  address = server.address;
  return reachOf(() => tableOf([], () => address, 1));
}

test('a scan that nobody wants any more asks nothing further, says why, and frees its scanner', async () => {
  let calls = 0;
  let freed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (freed = resolve));
  const left = new AbortController();
  const reach = await slowScan(
    200,
    (n) => {
      calls = n;
      // In the middle of a call.
      if (n === 5) left.abort(new Error('the client has left'));
    },
    freed,
  );
  await assert.rejects(async () => {
    for await (const rows of scanTable(reach, 'n:t', {
      start: Buffer.alloc(0),
      stop: Buffer.alloc(0),
      limits: { signal: left.signal },
    }))
      assert.equal(rows.length, 1);
  }, /the client has left/);
  await closed;
  assert.equal(calls, 5);
});

test('a scan tells of its bytes, and ends with what is thrown at it', async () => {
  let calls = 0;
  let bytes = 0;
  const reach = await slowScan(
    200,
    (n) => (calls = n),
    () => undefined,
  );
  const onBytes = (more: number): void => {
    if ((bytes += more) > 300) throw new Error('too much');
  };
  await assert.rejects(async () => {
    for await (const rows of scanTable(reach, 'n:t', {
      start: Buffer.alloc(0),
      stop: Buffer.alloc(0),
      limits: { onBytes },
    }))
      assert.equal(rows.length, 1);
  }, /too much/);
  assert.ok(calls >= 2 && calls < 10, `${calls} calls for ${bytes} bytes`);
});
