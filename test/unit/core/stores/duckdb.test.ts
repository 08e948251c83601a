/** DuckDB's driver: every value comes back as it went in. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDuck, quoted } from '../../../../core/stores/duckdb.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-duckdb-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const open = () => openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });

test('integers beyond 2^53, bytes, texts with a null character and lists survive an appender and Parquet', async () => {
  const duck = await open();
  await duck.run('CREATE TABLE t (i BIGINT, b BLOB, s VARCHAR, h STRUCT(name VARCHAR, value BLOB)[], n DOUBLE)');
  const appender = await duck.appender('t');
  const columns = [
    [9_007_199_254_740_993n, -(2n ** 63n), null],
    [Buffer.from([0, 255, 128]), Buffer.alloc(0), null],
    ["a\0b 'quoted' 😀", '\ufeff begins like a byte-order mark', null],
    [[{ name: '\ufeffx', value: Buffer.from([1]) }, { name: 'y', value: null }], [], null],
    [1.5, 9_007_199_254_740_991, null],
  ];
  appender.append(columns, 3);
  appender.close();
  const file = join(folder, "it's.parquet");
  await duck.run(`COPY t TO ${quoted(file)} (FORMAT parquet)`);
  const expected = [0, 1, 2].map((at) => ({
    i: columns[0]![at],
    b: columns[1]![at],
    s: columns[2]![at],
    h: columns[3]![at],
    n: columns[4]![at],
  }));
  assert.deepEqual(await duck.rows(`SELECT * FROM ${quoted(file)}`), expected);
  const streamed = [];
  for await (const rows of duck.batches(`SELECT * FROM ${quoted(file)}`)) streamed.push(...rows);
  assert.deepEqual(streamed, expected);
  duck.close();
});

test('what is larger than memory spills into its folder', async () => {
  const duck = await open();
  await duck.run("CREATE TABLE big AS SELECT i, md5(CAST(i AS VARCHAR)) AS a, md5(CAST(-i AS VARCHAR)) AS b FROM range(2000000) t(i)");
  const [row] = await duck.rows('SELECT COUNT(*) AS n FROM (SELECT * FROM big ORDER BY a, b)');
  assert.equal(row!.n, 2_000_000n);
  duck.close();
});

test('a statement that nobody waits for any more is interrupted, and says why', async () => {
  const duck = await open();
  const endless = 'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE a.range * b.range = 7';
  const left = AbortSignal.timeout(50);
  await assert.rejects(duck.rows(endless, undefined, { signal: left }), (fault) => fault === left.reason);
  await assert.rejects(async () => {
    for await (const rows of duck.batches(endless, { signal: AbortSignal.timeout(50) })) assert.deepEqual(rows, []);
  }, { name: 'TimeoutError' });
  assert.deepEqual(await duck.rows('SELECT 1::BIGINT AS one'), [{ one: 1n }]);
  duck.close();
});

test('a statement that is interrupted before it has begun ends too', { timeout: 30_000 }, async () => {
  const duck = await open();
  const endless = 'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE a.range * b.range = 7';
  for (let time = 0; time < 5; time++) {
    const leaving = new AbortController();
    const answer = duck.rows(endless, undefined, { signal: leaving.signal });
    leaving.abort(new Error('left at once'));
    await assert.rejects(answer, /left at once/);
  }
  duck.close();
});
