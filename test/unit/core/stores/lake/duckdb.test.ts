/** DuckDB's driver: every value comes back as it went in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDuck, quoted } from '../../../../../core/stores/lake/duckdb.ts';

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
    [
      [
        { name: '\ufeffx', value: Buffer.from([1]) },
        { name: 'y', value: null },
      ],
      [],
      null,
    ],
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
  await duck.run(
    'CREATE TABLE big AS SELECT i, md5(CAST(i AS VARCHAR)) AS a, md5(CAST(-i AS VARCHAR)) AS b FROM range(2000000) t(i)',
  );
  const [row] = await duck.rows('SELECT COUNT(*) AS n FROM (SELECT * FROM big ORDER BY a, b)');
  assert.equal(row!.n, 2_000_000n);
  duck.close();
});

test('a statement that nobody waits for any more is interrupted, and says why', async () => {
  const duck = await open();
  const endless = 'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE a.range * b.range = 7';
  const left = AbortSignal.timeout(50);
  await assert.rejects(duck.rows(endless, undefined, { signal: left }), (fault) => fault === left.reason);
  await assert.rejects(
    async () => {
      for await (const rows of duck.batches(endless, { signal: AbortSignal.timeout(50) })) assert.deepEqual(rows, []);
    },
    { name: 'TimeoutError' },
  );
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

test('no statement fetches or loads an extension, and nothing can be set otherwise', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => void (asked.push(request.url!), response.writeHead(404).end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const duck = await open();
  try {
    const refused: readonly (readonly [string, RegExp])[] = [
      [`FORCE INSTALL httpfs FROM '${here}'`, /Failed to create directory/],
      ['INSTALL spatial FROM community', /Failed to create directory/],
      ['LOAD httpfs', /not found/],
      [`SELECT * FROM read_parquet('${here}/x.parquet')`, /requires the extension httpfs/],
      ["ATTACH 'x.sqlite' AS s (TYPE sqlite)", /not found/],
      ["SELECT * FROM iceberg_scan('x')", /iceberg extension/],
      ['SET autoload_known_extensions = true', /configuration has been locked/],
      [`SET custom_extension_repository = '${here}'`, /configuration has been locked/],
      ["SET extension_directory = '/tmp'", /configuration has been locked/],
    ];
    for (const [statement, words] of refused) await assert.rejects(duck.rows(statement), words, statement);
    assert.deepEqual(asked, []);
    const built = await duck.rows(
      "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND install_mode = 'STATICALLY_LINKED'",
    );
    for (const name of ['core_functions', 'icu', 'json', 'parquet'])
      assert.ok(
        built.some((row) => row.extension_name === name),
        `${name} is built in`,
      );
  } finally {
    duck.close();
    server.close();
  }
});

test('every connection of a database is in UTC, whatever the zone of the machine', async () => {
  const duck = await open();
  const asked = "SELECT current_setting('TimeZone') AS zone";
  assert.deepEqual(await duck.rows(asked), [{ zone: 'UTC' }]);
  const streamed = [];
  for await (const rows of duck.batches(asked)) streamed.push(...rows);
  assert.deepEqual(streamed, [{ zone: 'UTC' }]);
  duck.close();
});
