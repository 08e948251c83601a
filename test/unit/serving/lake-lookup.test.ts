/** A detection whose row in HBase is gone is found in the lake, in published files of its day only. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { oid } from '../../../core/domain/oid.ts';
import { instant } from '../../../core/domain/time.ts';
import { detectionsFile, manifestFile } from '../../../core/layout/lake.ts';
import { Retryable } from '../../../core/process/errors.ts';
import { openDuck, quoted } from '../../../core/stores/duckdb.ts';
import { listedInLake, listedKey } from '../../../serving/lake-listed.ts';
import { lakeLookup } from '../../../serving/lake-lookup.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';

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
    met: {
      partition: 3,
      offset: 99,
      arrival: 1_795_352_401_500,
      detection: { id: '9007199254740993', location: '17', camera: '3021', item: 'bicycle', detectedAt: 1_795_352_400_123 },
    },
    placeName: 'Hall B',
  });
  assert.equal((await lakeLookup(hdfs).find(oid('-5'), date))?.met.detection.item, 'car');
});

test('an epoch without a manifest is not looked at, nor another day', async () => {
  assert.equal(await lakeLookup(hdfs).find(oid('7'), date), null);
  assert.equal(await lakeLookup(hdfs).find(oid('-5'), '2026-11-21'), null);
});

test('rows of a page that HBase has forgotten are found by id, place and time, in published files of their hour', async () => {
  const of = (id: string, location: string, detectedAt: number) => ({ id: oid(id), location: oid(location), detectedAt: instant(detectedAt) });
  const [kept, unpublished] = [of('9007199254740993', '17', 1_795_352_400_123), of('7', '17', 1_795_352_400_123)];
  const [elsewhere, earlier, before] = [of('-5', '18', 1_795_352_400_123), of('-5', '17', 1_795_352_400_122), of('-5', '17', 0)];
  const found = await listedInLake(hdfs, Date.now)([kept, elsewhere, earlier, unpublished, before]);
  assert.deepEqual([...found].map(([key, { met }]) => [key, met.detection.item]), [[listedKey(kept), 'bicycle']]);
});

test('a page waits for the lake a bounded time, and a lake that is away makes no page fail', async () => {
  const wanted = [{ id: oid('-5'), location: oid('17'), detectedAt: instant(1_795_352_400_123) }];
  let now = 0;
  const late = listedInLake({ ...hdfs, walk: async (folder) => ((now += 6_000), hdfs.walk(folder)) }, () => now);
  assert.equal((await late(wanted)).size, 0);
  const away = listedInLake({ ...hdfs, walk: () => Promise.reject(new Retryable('HDFS', 'away')) }, Date.now);
  assert.equal((await away(wanted)).size, 0);
  assert.equal((await listedInLake(hdfs, Date.now)(wanted)).size, 1);
});
