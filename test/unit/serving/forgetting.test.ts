/**
 * While a forgetting is under way, lists leave out all that goes, and counts are those of afterwards, whatever of it
 * the store of rows has done; later, nothing of the lake is needed (laws L4 and L9).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { HourCell } from '../../../core/domain/hour-counts.ts';
import type { Oid } from '../../../core/domain/oid.ts';
import type { Instant } from '../../../core/domain/time.ts';
import type { NewestForgetting } from '../../../core/stores/control/forgetting-row.ts';
import type { HourRow } from '../../../core/stores/views/count-view.ts';
import { leavingFile, recountedFile } from '../../../core/layout/lake.ts';
import { openDuck } from '../../../core/stores/lake/duckdb.ts';
import { countCache } from '../../../serving/cache/count-cache.ts';
import { recountedView } from '../../../serving/cache/recounted-view.ts';
import { leavingDetections } from '../../../serving/lake/leaving.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';

const CHANGE = 4;
const UNDER_WAY: NewestForgetting = { change: CHANGE, isUnderWay: true, countsChange: CHANGE, since: 0 as Instant };
const DONE: NewestForgetting = { ...UNDER_WAY, isUnderWay: false };

async function parquetOf(select: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-forgetting-'));
  const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    await duck.run(`COPY (${select}) TO '${join(folder, 'file')}' (FORMAT parquet)`);
    return await readFile(join(folder, 'file'));
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const entry = (id: string, t: number) => ({ id: id as Oid, detectedAt: t as Instant });

test('a detection leaves by id and time, negative ids and those beyond 2^53 too; another one of the same id stays', async () => {
  const hdfs = hdfsDouble();
  const rows = `(9007199254740993, 70), (-5, 10), (9007199254740993, 30), (12, 10)`;
  const select = `SELECT id::BIGINT AS detection_oid, t::BIGINT AS timestamp_detected FROM (VALUES ${rows}) v(id, t)`;
  hdfs.files.set(leavingFile(CHANGE), await parquetOf(select));
  const find = leavingDetections(hdfs);
  const isLeaving = (await find(UNDER_WAY))!;
  const gone = [entry('9007199254740993', 30), entry('9007199254740993', 70), entry('-5', 10), entry('12', 10)];
  assert.ok(gone.every(isLeaving));
  const kept = [entry('9007199254740993', 31), entry('9007199254740992', 30), entry('-5', 11), entry('13', 10)];
  assert.ok(!kept.some(isLeaving));
  hdfs.files.clear();
  assert.equal((await find(UNDER_WAY))!(gone[0]!), true);
  assert.equal((await find(DONE))!(gone[0]!), false);
  assert.equal(await leavingDetections(hdfs)(UNDER_WAY), null);
});

test('counts of a forgetting under way are the new ones, and a cache of before is not used', async () => {
  const hdfs = hdfsDouble();
  const made = `SELECT * FROM (VALUES (7, 9, -1, 'total', '', '', '3 4'), (7, 9, -1, 'place', '2', '', ''))
    v(epoch, hour, grp, kind, location, item, minutes)`;
  hdfs.files.set(recountedFile(CHANGE), await parquetOf(made));
  const total = (count: number): HourCell => ({
    ...{ kind: 'total', location: '', item: '', minutes: [3, count], upTo: 7 },
  });
  const place = (location: string): HourCell => ({
    ...{ kind: 'place', location: location as Oid, item: '', minutes: [3, 5], upTo: 7 },
  });
  let stored: HourRow[] = [];
  let reads = 0;
  const batchView = {
    async published() {
      reads += 1;
      return stored;
    },
  };
  const rowOf = (cells: HourCell[]): HourRow[] => [{ epoch: 7 as Epoch, hour: 9, partition: -1, cells }];
  const look = { scope: 'all', level: 'minute', horizon: 7 as Epoch, hours: { from: 9, to: 9 } } as const;
  const cache = countCache({ speedView: { changed: async () => [] }, batchView }, 1_000_000, {
    withRecounted: (view, change) => recountedView(view, hdfs, change),
  });
  const sum = async (forgetting: NewestForgetting | null): Promise<number> => {
    const { batch } = cache.hours(forgetting);
    return batch.sums(look, await batch.sheets(look)).reduce((all, one) => all + one, 0);
  };
  stored = rowOf([total(9)]);
  assert.deepEqual([await sum(null), await sum(null), reads], [9, 9, 1]);
  assert.deepEqual([await sum(UNDER_WAY), await sum(UNDER_WAY), reads], [4, 4, 2]);
  assert.equal(await sum(null), 9);
  hdfs.files.clear();
  stored = rowOf([total(4)]);
  assert.equal(await sum(DONE), 4);
  assert.equal(reads, 3);

  hdfs.files.set(recountedFile(CHANGE), await parquetOf(made));
  stored = rowOf([place('1'), place('2')]);
  const view = recountedView(batchView, hdfs, CHANGE);
  const [row] = await view.published({
    ...{ scope: 'all', level: 'minute_place', hours: look.hours },
    epochs: { after: -1, upTo: 7 as Epoch },
  });
  assert.deepEqual(row!.cells, [place('1')]);
});
