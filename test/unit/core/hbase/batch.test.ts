// A batch against servers that move regions, answer in part, hang up or stay silent: every row gets its own fate.
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { getActions, putActions } from '../../../../core/hbase/actions.ts';
import { runBatch } from '../../../../core/hbase/batch.ts';
import { HBaseError } from '../../../../core/hbase/errors.ts';
import { askedActions, closeAll, fakeServer, multiAnswer, reachOf } from './fake-server.ts';
import type { Asked } from './fake-server.ts';
import { tableOf } from './table-of.ts';

afterEach(closeAll);

const SPLIT = [Buffer.from('n')];
const puts = (...rows: string[]) =>
  putActions(
    rows.map((row) => ({
      row: Buffer.from(row),
      cells: [{ family: 'f', qualifier: Buffer.from('q'), timestamp: 1, value: Buffer.alloc(0) }],
    })),
  );

function allDone(asked: Asked): void {
  const regions = askedActions(asked.param).map((count) => ({
    results: Array.from({ length: count }, (_, index) => ({ index, cells: 0 })),
  }));
  asked.reply(multiAnswer(regions));
}

test('only the rows of the region that moved are sent again, to where it is now', async () => {
  const calls: string[] = [];
  const old = await fakeServer((asked) => {
    calls.push(`old ${askedActions(asked.param).join()}`);
    asked.reply(
      multiAnswer([
        {
          results: [
            { index: 0, cells: 0 },
            { index: 1, cells: 0 },
          ],
        },
        { exception: 'x.RegionMovedException' },
      ]),
    );
  });
  const next = await fakeServer((asked) => {
    calls.push(`next ${askedActions(asked.param).join()}`);
    allDone(asked);
  });
  const reach = reachOf((stale) =>
    tableOf(SPLIT, (i) => (stale > 0 && i === 1 ? next.address : old.address), stale + 1),
  );
  const outcomes = await runBatch(reach, 'n:t', puts('a', 'x', 'b', 'y', 'z'));
  assert.deepEqual(outcomes, [[], [], [], [], []]);
  assert.deepEqual(calls, ['old 2,3', 'next 3']);
});

test('a row that cannot succeed fails at once and alone', async () => {
  const server = await fakeServer((asked) =>
    asked.reply(
      multiAnswer([
        {
          results: [
            { index: 1, exception: 'x.NoSuchColumnFamilyException' },
            { index: 0, cells: 0 },
          ],
        },
      ]),
    ),
  );
  const reach = reachOf(() => tableOf([], () => server.address));
  const [first, second] = await runBatch(reach, 'n:t', puts('a', 'b'));
  assert.deepEqual(first, []);
  assert.equal(second instanceof HBaseError && second.exception, 'NoSuchColumnFamilyException');
});

test('rows that the server never names end as failed, beside rows that are done', async () => {
  const server = await fakeServer((asked) => asked.reply(multiAnswer([{ results: [{ index: 0, cells: 0 }] }])));
  const reach = reachOf(() => tableOf([], () => server.address), { operationTimeoutMs: 300 });
  const outcomes = await runBatch(reach, 'n:t', puts('a', 'b', 'c', 'd', 'e', 'f', 'g'));
  assert.deepEqual(outcomes[0], []);
  // The last sending may be cut short by the operation's deadline.
  assert.match(outcomes[6] instanceof HBaseError ? outcomes[6].exception : '', /^(unanswered|deadline)$/);
});

test('a lost connection is made again and the batch sent again', async () => {
  let calls = 0;
  const server = await fakeServer((asked) => (++calls === 1 ? asked.hangUp() : allDone(asked)));
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1));
  assert.deepEqual(await runBatch(reach, 'n:t', puts('a', 'b')), [[], []]);
  assert.equal(server.connections(), 2);
});

test('a server that stays silent costs the rows the operation, not the caller its life', async () => {
  const server = await fakeServer(() => undefined);
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1), {
    callTimeoutMs: 60,
    operationTimeoutMs: 250,
  });
  const started = performance.now();
  const [outcome] = await runBatch(reach, 'n:t', puts('a'));
  assert.ok(performance.now() - started < 1_500);
  assert.equal(outcome instanceof HBaseError && outcome.exception, 'deadline');
});

test('a server that needs longer than an operation for all rows is asked for fewer at a time, and does them all', async () => {
  // Long enough for a busy machine: the server is this process too.
  const callTimeoutMs = 600;
  const asks: number[] = [];
  let busy = Promise.resolve();
  // One request after the other, five rows a millisecond; like a server it goes on with what it has begun, whoever
  // waits for it.
  const server = await fakeServer((asked) => {
    const askedAt = performance.now();
    const [count = 0] = askedActions(asked.param);
    asks.push(count);
    busy = busy.then(async () => {
      if (performance.now() - askedAt > callTimeoutMs) return;
      await new Promise((done) => setTimeout(done, count / 5));
      allDone(asked);
    });
  });
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1), {
    callTimeoutMs,
    operationTimeoutMs: 8_000,
  });
  const outcomes = await runBatch(reach, 'n:t', puts(...Array.from({ length: 20_000 }, (_, i) => `row ${i}`)));
  assert.deepEqual(
    outcomes.filter((outcome) => outcome instanceof HBaseError),
    [],
  );
  assert.equal(asks[0], 5_000);
  assert.ok(Math.max(...asks.slice(-5)) < 5_000, `at the end ${asks.slice(-5).join()} at a time`);
});

test('a batch whose server answers in part and then no more ends when nothing was answered for the time of an operation', async () => {
  let calls = 0;
  const server = await fakeServer((asked) => {
    const [count = 0] = askedActions(asked.param);
    if (++calls <= 3)
      asked.reply(multiAnswer([{ results: Array.from({ length: count - 1 }, (_, index) => ({ index, cells: 0 })) }]));
  });
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1), {
    callTimeoutMs: 400,
    operationTimeoutMs: 1_600,
  });
  const outcomes = await runBatch(reach, 'n:t', puts('a', 'b', 'c', 'd', 'e'));
  assert.deepEqual(
    outcomes.map((outcome) => outcome instanceof HBaseError),
    [false, false, false, false, true],
  );
});

test('a row that HBase cannot hold is refused without a question, the others are done', async () => {
  const server = await fakeServer(allDone);
  const reach = reachOf(() => tableOf([], () => server.address));
  const [bad, good] = await runBatch(reach, 'n:t', puts('', 'b'));
  assert.equal(bad instanceof HBaseError && bad.exception, 'request');
  assert.deepEqual(good, []);
});

test('a table that is not there fails every row at once', async () => {
  const reach = reachOf(() => {
    throw new HBaseError('refuse', 'TableNotFoundException', 'none');
  });
  const outcomes = await runBatch(reach, 'n:t', getActions([{ row: Buffer.from('a') }, { row: Buffer.from('b') }]));
  for (const outcome of outcomes)
    assert.equal(outcome instanceof HBaseError && outcome.exception, 'TableNotFoundException');
  assert.deepEqual(await runBatch(reach, 'n:t', getActions([])), []);
});

test('a user that HBase does not let write is refused after one question, in a row, in a region and in a whole call', async () => {
  const name = 'org.apache.hadoop.hbase.security.AccessDeniedException';
  const ways: ((asked: Asked) => void)[] = [
    (asked) => asked.reply(multiAnswer([{ results: [{ index: 0, exception: name }] }])),
    (asked) => asked.reply(multiAnswer([{ exception: name }])),
    (asked) => asked.refuse(name, `${name}: Insufficient permissions for user 'me'`),
    (asked) => asked.dismiss(name, 'Authentication is required'),
  ];
  for (const way of ways) {
    let asks = 0;
    const server = await fakeServer((asked) => {
      asks += 1;
      way(asked);
    });
    const [outcome] = await runBatch(
      reachOf(() => tableOf([], () => server.address)),
      'n:t',
      puts('a'),
    );
    assert.ok(outcome instanceof HBaseError);
    assert.deepEqual([outcome.fate, outcome.exception, asks], ['refuse', 'AccessDeniedException', 1]);
  }
});

test('a batch whose rows are refused in every answer ends with the time of an operation', async () => {
  const server = await fakeServer((asked) => asked.reply(multiAnswer([{ exception: 'x.NotServingRegionException' }])));
  const reach = reachOf((stale) => tableOf([], () => server.address, stale + 1), { operationTimeoutMs: 300 });
  const began = performance.now();
  const [outcome] = await runBatch(reach, 'n:t', puts('a'));
  // The last sending may be cut short by the operation's deadline.
  assert.match(outcome instanceof HBaseError ? outcome.exception : '', /^(NotServingRegionException|deadline)$/);
  assert.ok(performance.now() - began < 2_000);
});

test('a bug of ours is not tried again', async () => {
  let reads = 0;
  const reach = reachOf(() => {
    reads += 1;
    throw new TypeError('x is not a function');
  });
  const [outcome] = await runBatch(reach, 'n:t', puts('a'));
  assert.ok(outcome instanceof HBaseError && outcome.cause instanceof TypeError);
  assert.equal(reads, 1);
});
