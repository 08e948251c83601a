/**
 * The HBase client against a real HBase: what is promised in core/hbase/types.ts, held by the servers themselves.
 *
 * Needs HBASE_ZOOKEEPER (and HBASE_ZNODE). Uses a namespace of its own and drops it. hbase-rpc-client is the witness
 * that what we write means the same to others. Regions split under load on any cluster; on one of several servers they
 * also move.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createHBaseClient } from '../../core/hbase/client.ts';
import type { Cell, GetAnswer, RowPut, ScanOptions } from '../../core/hbase/types.ts';
import { meanwhile } from '../support/meanwhile.ts';

const zookeeper = process.env.HBASE_ZOOKEEPER ?? '127.0.0.1:2181';
const znode = process.env.HBASE_ZNODE ?? '/hbase';
const namespace = `contract_${randomBytes(4).toString('hex')}`;
const ROWS = `${namespace}:rows`;
const LOADED = `${namespace}:loaded`;
const WITNESSED = `${namespace}:witnessed`;
const NO_BYTES = Buffer.alloc(0);
const Q = Buffer.from('q');

const open = () =>
  createHBaseClient({ zookeeper, znode, user: 'sightline', callTimeoutMs: 20_000, operationTimeoutMs: 60_000 });
const hbase = open();

before(async () => {
  await hbase.admin.ensureNamespace(namespace);
  const families = [
    { name: 'f', maxVersions: 1 },
    { name: 'g', maxVersions: 1 },
  ];
  assert.equal(
    await hbase.admin.ensureTable(
      { name: ROWS, families },
      ['40', '80', 'c0'].map((hex) => Buffer.from(hex, 'hex')),
    ),
    'created',
  );
  await hbase.admin.ensureTable({ name: LOADED, families }, [Buffer.from('80', 'hex')]);
  await hbase.admin.ensureTable({ name: WITNESSED, families }, []);
});

after(async () => {
  for (const table of [ROWS, LOADED, WITNESSED]) await hbase.admin.dropTable(table);
  await hbase.admin.dropNamespace(namespace);
  await hbase.close();
});

function put(row: Buffer, value: string | Buffer, timestamp = 1, qualifier = Q, family = 'f'): RowPut {
  return { row, cells: [{ family, qualifier, timestamp, value: Buffer.from(value) }] };
}

async function write(table: string, puts: RowPut[]): Promise<void> {
  const answers = await hbase.put(table, puts);
  assert.equal(answers.length, puts.length);
  for (const answer of answers) if (answer.status === 'failed') throw answer.error;
}

async function read(table: string, row: Buffer): Promise<string[] | null> {
  const [answer] = await hbase.get(table, [{ row }]);
  return texts(answer!);
}

function texts(answer: GetAnswer): string[] | null {
  if (answer.status === 'failed') throw answer.error;
  return answer.status === 'absent' ? null : answer.cells.map(text);
}

const text = (cell: Cell) => `${cell.family}:${cell.qualifier.toString()}=${cell.value.toString()}@${cell.timestamp}`;

async function scan(table: string, options: Partial<ScanOptions> = {}): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  for await (const batch of hbase.scan(table, { start: NO_BYTES, stop: NO_BYTES, ...options })) rows.push(...batch);
  return rows;
}

/** A prefix of its own for each test, in another region for each: the tests share a table. */
let prefixes = 0;
function key(prefix: number, ...rest: number[]): Buffer {
  return Buffer.from([(prefix * 61) & 255, prefix, ...rest]);
}

test('a put is read again with its timestamp, and a missing row is absent', async () => {
  const p = ++prefixes;
  await write(ROWS, [put(key(p, 1), 'one', 5), put(key(p, 3), 'three', 2 ** 53 - 1)]);
  const answers = await hbase.get(ROWS, [{ row: key(p, 3) }, { row: key(p, 2) }, { row: key(p, 1) }]);
  assert.deepEqual(answers.map(texts), [[`f:q=three@${2 ** 53 - 1}`], null, ['f:q=one@5']]);
});

test('a put with a lower timestamp loses, and the same put again changes nothing', async () => {
  const row = key(++prefixes);
  for (const [value, timestamp] of [
    ['new', 9],
    ['old', 3],
    ['new', 9],
  ] as const)
    await write(ROWS, [put(row, value, timestamp)]);
  assert.deepEqual(await read(ROWS, row), ['f:q=new@9']);
});

test('a delete hides what is at or below its timestamp, in the named families, and nothing later', async () => {
  const p = ++prefixes;
  const puts = [3, 4, 5].map((timestamp) => put(key(p, timestamp), 'v', timestamp));
  await write(ROWS, [...puts, put(key(p, 3), 'other', 1, Q, 'g')]);
  const answers = await hbase.delete(
    ROWS,
    [3, 4, 5].map((last) => ({ row: key(p, last), families: ['f'], timestamp: 4 })),
  );
  assert.deepEqual(answers, [{ status: 'done' }, { status: 'done' }, { status: 'done' }]);
  assert.deepEqual(await read(ROWS, key(p, 3)), ['g:q=other@1']);
  assert.equal(await read(ROWS, key(p, 4)), null);
  assert.deepEqual(await read(ROWS, key(p, 5)), ['f:q=v@5']);
  await write(ROWS, [put(key(p, 4), 'later', 5)]);
  assert.deepEqual(await read(ROWS, key(p, 4)), ['f:q=later@5']);
});

test('a get answers the families and columns that it names', async () => {
  const row = key(++prefixes);
  const cells = ['f', 'g'].flatMap((family) =>
    ['a', 'b'].map((q, i) => ({ family, qualifier: Buffer.from(q), timestamp: 10 + i, value: Buffer.from('v') })),
  );
  await write(ROWS, [{ row, cells }]);
  const answers = await hbase.get(ROWS, [
    { row, families: ['g'] },
    {
      row,
      columns: [
        { family: 'f', qualifier: Buffer.from('b') },
        { family: 'g', qualifier: Buffer.from('a') },
      ],
    },
  ]);
  assert.deepEqual(answers.map(texts), [
    ['g:a=v@10', 'g:b=v@11'],
    ['f:b=v@11', 'g:a=v@10'],
  ]);
});

test('a bad family fails its own row and no other', async () => {
  const p = ++prefixes;
  const answers = await hbase.put(ROWS, [put(key(p, 1), 'v'), put(key(p, 2), 'v', 1, Q, 'nope'), put(key(p, 3), 'v')]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['done', 'failed', 'done'],
  );
  assert.match(answers[1]!.status === 'failed' ? answers[1]!.error.exception : '', /NoSuchColumnFamily/);
  assert.deepEqual(await read(ROWS, key(p, 3)), ['f:q=v@1']);
});

test('20,000 rows over all regions are written, found in the order of asking, and scanned once each', async () => {
  const table = `${namespace}:many`;
  await hbase.admin.ensureTable(
    { name: table, families: [{ name: 'f' }] },
    Array.from({ length: 7 }, (_, i) => Buffer.from([(i + 1) * 32])),
  );
  const rows = Array.from({ length: 20_000 }, (_, i) => Buffer.from([(i * 37) & 255, i & 255, i >>> 8]));
  await write(
    table,
    rows.map((row, i) => put(row, String(i), i)),
  );
  const answers = await hbase.get(
    table,
    rows.flatMap((row) => [{ row }, { row: Buffer.concat([row, Buffer.from('!')]) }]),
  );
  assert.deepEqual(
    answers.map(texts),
    rows.flatMap((_, i) => [[`f:q=${i}@${i}`], null]),
  );
  const sorted = rows.map((row) => row.toString('hex')).sort();
  const keys = (found: Cell[][]) => found.map((row) => row[0]!.row.toString('hex'));
  assert.deepEqual(keys(await scan(table, { keysOnly: true })), sorted);
  assert.deepEqual(keys(await scan(table, { batchRows: 333 })), sorted);
  assert.equal((await hbase.admin.regions(table)).length, 8);
  await hbase.admin.dropTable(table);
});

test('a scan keeps to its rows, its times, its columns and its limit', async () => {
  const p = ++prefixes;
  for (let r = 0; r < 10; r++)
    await write(ROWS, [
      {
        row: key(p, r),
        cells: ['a', 'b', 'c'].map((q, i) => ({
          family: 'f',
          qualifier: Buffer.from(q),
          timestamp: r * 10 + i,
          value: Buffer.from('v'),
        })),
      },
    ]);
  const range = { start: key(p, 2), stop: key(p, 6) };
  const last = (rows: Cell[][]) => rows.map((row) => row[0]!.row.at(-1));
  assert.deepEqual(last(await scan(ROWS, range)), [2, 3, 4, 5]);
  assert.deepEqual(last(await scan(ROWS, { ...range, limitRows: 3 })), [2, 3, 4]);
  assert.deepEqual(last(await scan(ROWS, { ...range, limitRows: 3, batchRows: 2 })), [2, 3, 4]);
  assert.deepEqual(
    (await scan(ROWS, { ...range, timeRange: { from: 31, to: 41 } })).map((row) => row.map(text)),
    [['f:b=v@31', 'f:c=v@32'], ['f:a=v@40']],
  );
  const column = { columnRange: { from: Buffer.from('b'), to: Buffer.from('c') } };
  assert.deepEqual(
    (await scan(ROWS, { ...range, ...column, limitRows: 1 })).map((row) => row.map(text)),
    [['f:b=v@21']],
  );
  const keys = await scan(ROWS, { ...range, keysOnly: true });
  assert.deepEqual(
    keys.map((row) => row.map(text)),
    [2, 3, 4, 5].map((r) => [`f:a=@${r * 10}`]),
  );
  const both = await scan(ROWS, { ...range, keysOnly: true, ...column });
  assert.deepEqual(
    both.map((row) => row.map(text)),
    [2, 3, 4, 5].map((r) => [`f:b=@${r * 10 + 1}`]),
  );
  assert.deepEqual(await scan(ROWS, { start: key(p, 6), stop: key(p, 6) }), []);
  assert.deepEqual(await scan(ROWS, { ...range, families: ['g'] }), []);
});

test('a row of 100,000 cells is written, read and scanned whole, between its neighbours', async () => {
  const p = ++prefixes;
  const cells = Array.from({ length: 100_000 }, (_, i) => {
    const qualifier = Buffer.alloc(4);
    qualifier.writeUInt32BE(i);
    return { family: 'f', qualifier, timestamp: i, value: Buffer.from('0123456789abcdef') };
  });
  await write(ROWS, [put(key(p, 1), 'before'), { row: key(p, 2), cells }, put(key(p, 3), 'after')]);
  const [answer] = await hbase.get(ROWS, [{ row: key(p, 2) }]);
  assert.ok(answer?.status === 'found');
  assert.equal(answer.cells.length, 100_000);
  const all = await scan(ROWS, { start: key(p), stop: key(p + 1) });
  const rows = all.filter((row) => row[0]!.row[1] === p);
  assert.deepEqual(
    rows.map((row) => row.length),
    [1, 100_000, 1],
  );
  const wide = rows[1]!;
  assert.ok(wide.every((cell, i) => cell.timestamp === i && cell.qualifier.readUInt32BE(0) === i));
  await hbase.delete(ROWS, [{ row: key(p, 2), families: ['f'], timestamp: 100_000 }]);
});

test('of many that check and put at once, exactly one wins, and it is the one that is read', async () => {
  const row = key(++prefixes);
  const others = [open(), open()];
  for (const [round, expected] of [
    [1, null],
    [2, 'winner of 1'],
    [3, 'winner of 2'],
  ] as const) {
    const clients = [hbase, ...others];
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        clients[i % 3]!.checkAndPut(
          ROWS,
          { row, family: 'f', qualifier: Q, expected: expected === null ? null : Buffer.from(expected) },
          {
            row,
            cells: [
              { family: 'f', qualifier: Q, timestamp: round, value: Buffer.from(`winner of ${round}`) },
              { family: 'g', qualifier: Q, timestamp: round, value: Buffer.from(String(i)) },
            ],
          },
        ),
      ),
    );
    assert.equal(results.filter(Boolean).length, 1);
    assert.deepEqual(await read(ROWS, row), [
      `f:q=winner of ${round}@${round}`,
      `g:q=${results.indexOf(true)}@${round}`,
    ]);
  }
  for (const other of others) await other.close();
});

test('regions that split and move while rows are written and scanned lose nothing and repeat nothing', async () => {
  const rows = Array.from({ length: 6_000 }, (_, i) => Buffer.from([(i * 151) & 255, i & 255, i >>> 8]));
  await write(
    LOADED,
    rows.map((row) => put(row, 'v'.repeat(200), 1)),
  );
  let timestamp = 1;
  const writeAll = (): Promise<void> => {
    timestamp++;
    return write(
      LOADED,
      rows.map((row) => put(row, 'v'.repeat(200), timestamp)),
    );
  };
  const expected = rows.map((row) => row.toString('hex')).sort();
  const scanAll = async (): Promise<void> => {
    const found = (await scan(LOADED, { batchRows: 100 })).map((row) => row[0]!.row.toString('hex'));
    assert.deepEqual(found, expected);
  };
  await meanwhile(writeAll, () => meanwhile(scanAll, disturb));
  const answers = await hbase.get(
    LOADED,
    rows.map((row) => ({ row })),
  );
  for (const answer of answers) assert.ok(answer.status === 'found' && answer.cells[0]!.timestamp === timestamp);
  assert.ok((await hbase.admin.regions(LOADED)).length >= 4);
});

async function disturb(): Promise<void> {
  for (const at of [0x40, 0xc0]) await hbase.admin.splitRegion(LOADED, Buffer.from([at]));
  const regions = (await hbase.admin.regions(LOADED)).concat(await hbase.admin.regions(ROWS));
  if (new Set(regions.map(({ server }) => server)).size < 2) return;
  for (const region of await hbase.admin.regions(LOADED)) await hbase.admin.moveRegion(LOADED, region.name);
}

test('a table is described as it was made, and a change of its families is read back', async () => {
  const table = `${namespace}:described`;
  const families = [
    {
      name: 'a',
      ttlSeconds: 86_400,
      maxVersions: 1,
      bloom: 'ROWCOL',
      compression: 'ZSTD',
      blockSizeBytes: 16_384,
      dataBlockEncoding: 'FAST_DIFF',
      inMemory: true,
    } as const,
  ];
  assert.equal(await hbase.admin.describeTable(table), null);
  assert.equal(await hbase.admin.ensureTable({ name: table, families: [...families] }, []), 'created');
  assert.equal(await hbase.admin.ensureTable({ name: table, families: [...families] }, []), 'existed');
  await hbase.admin.ensureNamespace(namespace);
  assert.deepEqual(await hbase.admin.describeTable(table), { name: table, families });
  await hbase.admin.modifyFamilies({
    name: table,
    families: [
      { name: 'a', ttlSeconds: 99 },
      { name: 'b', maxVersions: 3 },
    ],
  });
  const changed = await hbase.admin.describeTable(table);
  assert.deepEqual(changed?.families[0], { ...families[0], ttlSeconds: 99 });
  assert.equal(changed?.families[1]?.maxVersions, 3);
  await hbase.admin.dropTable(table);
  await hbase.admin.dropTable(table);
  assert.equal(await hbase.admin.describeTable(table), null);
  const [answer] = await hbase.put(table, [put(Q, 'v')]);
  assert.equal(answer?.status === 'failed' && answer.error.fate, 'refuse');
});

test('two that make one table at once both find it ready', async () => {
  const table = `${namespace}:together`;
  const schema = { name: table, families: [{ name: 'f' }] };
  const other = open();
  const made = await Promise.all([hbase, other].map((client) => client.admin.ensureTable(schema, [Q])));
  assert.ok(made.includes('created'));
  await write(table, [put(Buffer.from('a'), 'v'), put(Buffer.from('z'), 'v')]);
  await other.close();
  await hbase.admin.dropTable(table);
});

test('what we write another client reads, what it writes we read, and its condition holds for ours', async () => {
  const witness = async (...args: string[]) => {
    const script = fileURLToPath(new URL('../support/hbase-witness.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, zookeeper, znode, WITNESSED, ...args], {
      timeout: 30_000,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as unknown;
  };
  const hex = (value: string) => Buffer.from(value).toString('hex');
  await write(WITNESSED, [put(Buffer.from('ours'), 'ünï', 41)]);
  assert.deepEqual(await witness('get', 'f', hex('ours'), hex('q')), { value: hex('ünï'), timestamp: 41 });
  await witness('put', 'f', hex('theirs'), hex('q'), hex('value'), '42');
  assert.deepEqual(await read(WITNESSED, Buffer.from('theirs')), ['f:q=value@42']);
  assert.equal(await witness('checkAndPut', 'f', hex('ours'), hex('q'), hex('else'), hex('taken'), '43'), false);
  assert.equal(await witness('checkAndPut', 'f', hex('ours'), hex('q'), hex('ünï'), hex('taken'), '43'), true);
  assert.deepEqual(await read(WITNESSED, Buffer.from('ours')), ['f:q=taken@43']);
  assert.equal(
    await hbase.checkAndPut(
      WITNESSED,
      { row: Buffer.from('ours'), family: 'f', qualifier: Q, expected: Buffer.from('ünï') },
      put(Buffer.from('ours'), 'x', 44),
    ),
    false,
  );
  await hbase.delete(WITNESSED, [{ row: Buffer.from('ours'), families: ['f'], timestamp: 43 }]);
  assert.equal(await witness('get', 'f', hex('ours'), hex('q')), null);
});

test('HBase answers a ping, and a client without HBase says so quickly and closes', async () => {
  await hbase.ping();
  const lost = createHBaseClient({
    zookeeper: '127.0.0.1:1',
    znode,
    user: 'sightline',
    callTimeoutMs: 1_000,
    operationTimeoutMs: 1_000,
  });
  const started = performance.now();
  await assert.rejects(lost.ping(), { name: 'HBaseError', message: /ZooKeeper at 127\.0\.0\.1:1/ });
  const [answer] = await lost.get(ROWS, [{ row: Q }]);
  assert.equal(answer?.status, 'failed');
  assert.ok(performance.now() - started < 4_000);
  await lost.close();
  const [closed] = await lost.get(ROWS, [{ row: Q }]);
  assert.equal(closed?.status === 'failed' && closed.error.fate, 'bug');
});
