/** A detection whose row in HBase is gone is found in the lake, in published files of its day only. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { oid } from '../../../../core/domain/oid.ts';
import { instant } from '../../../../core/domain/time.ts';
import { detectionsFile, manifestFile } from '../../../../core/layout/lake.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { untilAborted } from '../../../../core/process/read-limits.ts';
import { openDuck, quoted } from '../../../../core/stores/lake/duckdb.ts';
import { listedRowFinder, entryKey } from '../../../../serving/lake/listed-rows.ts';
import { lakeLookup } from '../../../../serving/lake/lake-lookup.ts';
import { boundedQueue } from '../../../../serving/bounds/bounded-queue.ts';
import { hdfsDouble } from '../../../support/hdfs-double.ts';

const date = '2026-11-22';
const hdfs = hdfsDouble();
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-test-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: folder });
  const put = async (epoch: string, id: bigint, item: string): Promise<void> => {
    const local = join(folder, 'file.parquet');
    await duck.run(
      `COPY (SELECT ${id}::BIGINT AS detection_oid, 17::BIGINT AS geographical_location_oid, 'Hall B' AS geographical_location,
         3021::BIGINT AS video_camera_oid, ${quoted(item)} AS item_name, 1795352400123::BIGINT AS timestamp_detected,
         to_timestamp(1795352401.5) AS arrived_at, 3 AS kafka_partition, 99::BIGINT AS kafka_offset)
       TO ${quoted(local)} (FORMAT parquet)`,
    );
    hdfs.files.set(detectionsFile({ date, hour: 13, epoch, n: 0 }), await readFile(local));
  };
  await put('2026-11-22', 9_007_199_254_740_993n, 'bicycle');
  await put('2026-11-23', -5n, 'car');
  await put('2026-11-24', 7n, 'bus');
  duck.close();
  for (const epoch of ['2026-11-22', '2026-11-23']) hdfs.files.set(manifestFile(epoch), Buffer.from('{}'));
});

after(() => rm(folder, { recursive: true, force: true }));

test('a detection is found by its id and day, with every digit of it', async () => {
  const row = await lakeLookup(hdfs).find(oid('9007199254740993'), date);
  assert.deepEqual(row, {
    firstMet: {
      partition: 3,
      offset: 99,
      arrival: 1_795_352_401_500,
      detection: {
        id: '9007199254740993',
        location: '17',
        camera: '3021',
        item: 'bicycle',
        detectedAt: 1_795_352_400_123,
      },
    },
    locationName: 'Hall B',
  });
  assert.equal((await lakeLookup(hdfs).find(oid('-5'), date))?.firstMet.detection.item, 'car');
});

test('an epoch without a manifest is not looked at, nor another day', async () => {
  assert.equal(await lakeLookup(hdfs).find(oid('7'), date), null);
  assert.equal(await lakeLookup(hdfs).find(oid('-5'), '2026-11-21'), null);
});

test('rows of a page that HBase has forgotten are found by id, place and time, in published files of their hour', async () => {
  const of = (id: string, location: string, detectedAt: number) => ({
    id: oid(id),
    location: oid(location),
    detectedAt: instant(detectedAt),
  });
  const [kept, unpublished] = [of('9007199254740993', '17', 1_795_352_400_123), of('7', '17', 1_795_352_400_123)];
  const [elsewhere, earlier, before] = [
    of('-5', '18', 1_795_352_400_123),
    of('-5', '17', 1_795_352_400_122),
    of('-5', '17', 0),
  ];
  const found = await listedRowFinder(hdfs, Date.now)([kept, elsewhere, earlier, unpublished, before]);
  assert.deepEqual(
    [...found].map(([key, { firstMet }]) => [key, firstMet.detection.item]),
    [[entryKey(kept), 'bicycle']],
  );
});

test('a page waits for the lake a bounded time, and a lake that is away makes no page fail', async () => {
  const wanted = [{ id: oid('-5'), location: oid('17'), detectedAt: instant(1_795_352_400_123) }];
  let now = 0;
  const late = listedRowFinder({ ...hdfs, walk: async (folder) => ((now += 6_000), hdfs.walk(folder)) }, () => now);
  assert.equal((await late(wanted)).size, 0);
  const away = listedRowFinder({ ...hdfs, walk: () => Promise.reject(new Retryable('HDFS', 'away')) }, Date.now);
  assert.equal((await away(wanted)).size, 0);
  assert.equal((await listedRowFinder(hdfs, Date.now)(wanted)).size, 1);
});

/** Downloads wait until they are let go, and are counted. */
function slowLake() {
  const downloads: string[] = [];
  const ended: unknown[] = [];
  let open: () => void = () => undefined;
  let gate = new Promise<void>((resolve) => (open = resolve));
  const lake: typeof hdfs = {
    ...hdfs,
    async download(path, local, limits) {
      downloads.push(path.slice(path.lastIndexOf('/') + 1));
      limits?.signal?.addEventListener('abort', () => ended.push(limits.signal!.reason));
      await untilAborted(gate, limits?.signal);
      await hdfs.download(path, local);
    },
  };
  const letGo = (): void => {
    open();
    gate = Promise.resolve();
  };
  return { lake, downloads, ended, letGo };
}

const optionsOf = (atOnce: number, waiting: number, mostBytes = Infinity) => ({
  queue: boundedQueue({ atOnce, waiting, what: 'lookups' }),
  mostBytes,
  joinableMs: 60_000,
  now: Date.now,
});
const until = async (isSo: () => boolean): Promise<void> => {
  for (let waited = 0; !isSo() && waited < 500; waited++) await pause(10);
  assert.ok(isSo());
};

test('a day is gone through once for all who seek in it, and who comes late gets the files before in a second turn', async () => {
  const { lake, downloads, letGo } = slowLake();
  const { find } = lakeLookup(lake, optionsOf(1, 1));
  const early = ['9007199254740993', '-5', '4711', '9007199254740993'].map((id) => find(oid(id), date));
  await until(() => downloads.length === 1);
  letGo();
  const found = await Promise.all(early);
  assert.deepEqual(
    found.map((row) => row?.firstMet.detection.item ?? null),
    ['bicycle', 'car', null, 'bicycle'],
  );
  assert.deepEqual(downloads, ['2026-11-23-0.parquet', '2026-11-22-0.parquet']);
});

test('who seeks when some files are behind waits for those too', async () => {
  const late: Promise<unknown>[] = [];
  let fetched = 0;
  const { find } = lakeLookup(
    {
      ...hdfs,
      async download(path, local) {
        // The first file was looked through by now.
        if (++fetched === 2) late.push(find(oid('-5'), date), find(oid('4711'), date));
        await hdfs.download(path, local);
      },
    },
    optionsOf(1, 1),
  );
  assert.equal((await find(oid('9007199254740993'), date))?.firstMet.detection.item, 'bicycle');
  const [car, none] = (await Promise.all(late)) as ({ firstMet: { detection: { item: string } } } | null)[];
  assert.deepEqual([car?.firstMet.detection.item, none, fetched], ['car', null, 3]);
});

test('with the last who seeks in a day its download ends; nobody is held up by those who left', async () => {
  const { lake, downloads, ended } = slowLake();
  const { find } = lakeLookup(lake, optionsOf(1, 1));
  const [one, other] = [new AbortController(), new AbortController()];
  const sought = [one, other].map(({ signal }) => find(oid('4711'), date, { signal } as never));
  await until(() => downloads.length === 1);
  one.abort(new Error('one has left'));
  await assert.rejects(sought[0]!, /one has left/);
  assert.equal(ended.length, 0);
  other.abort(new Error('the other has left'));
  await assert.rejects(sought[1]!, /the other has left/);
  assert.deepEqual([downloads.length, ended], [1, [other.signal.reason]]);
});

test('so many days are looked through at once, so many wait, and beyond them a look-up is refused', async () => {
  const { lake, downloads, letGo } = slowLake();
  hdfs.files.set(
    detectionsFile({ date: '2026-11-20', hour: 1, epoch: '2026-11-22', n: 0 }),
    hdfs.files.get(detectionsFile({ date, hour: 13, epoch: '2026-11-22', n: 0 }))!,
  );
  const { find } = lakeLookup(lake, optionsOf(1, 1));
  const first = find(oid('4711'), date);
  await until(() => downloads.length === 1);
  const second = find(oid('4711'), '2026-11-20');
  await pause(20);
  await assert.rejects(find(oid('4711'), '2026-11-19'), { name: 'TooManyRequests', status: 503 });
  assert.equal(downloads.length, 1);
  letGo();
  assert.deepEqual(await Promise.all([first, second]), [null, null]);
  assert.deepEqual(downloads.length, 3);
});

test('a day that weighs more than a look-up may read is refused before anything is fetched', async () => {
  const { lake, downloads } = slowLake();
  await assert.rejects(lakeLookup(lake, optionsOf(1, 1, 100)).find(oid('4711'), date), {
    name: 'TooCostly',
    message: /2026-11-22 of the lake has 1 MB in 2 files/,
    narrow: ['dt'],
  });
  assert.deepEqual(downloads, []);
});
