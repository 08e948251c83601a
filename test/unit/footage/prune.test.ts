/** Retention, on an HDFS in memory: whole days go when all of them are old enough, and a run that died is repeated. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstKeptDay, prune } from '../../../footage/prune.ts';
import { Crash, hdfsDouble } from '../../support/hdfs-double.ts';
import type { HdfsDouble } from '../../support/hdfs-double.ts';

const OLD = ['footage/camera=7/dt=2026-11-22/a.jpg', 'footage/camera=-8/dt=2026-11-20/b.mp4'];
const OLD_PACK = 'footage_packed/camera=7/dt=2026-11-22/c.parquet';
const KEPT = [
  'footage/camera=7/dt=2026-11-23/d.jpg',
  'footage/_arriving/7_1.tmp',
  'footage/camera=7/notes/dt=2026-01-01.txt',
  'footage_packed/camera=7/dt=2026-11-30/e.parquet',
];

function filled(): HdfsDouble {
  const hdfs = hdfsDouble();
  for (const path of [...OLD, OLD_PACK, ...KEPT]) hdfs.files.set(path, Buffer.alloc(10));
  return hdfs;
}
const before = firstKeptDay(7, Date.parse('2026-11-30T23:59:00Z'))!;

describe('retention of footage', () => {
  it('keeps a day until all of it is older than the retention; 0 keeps everything', () => {
    assert.equal(before, '2026-11-23');
    assert.equal(firstKeptDay(7, Date.parse('2026-12-01T00:00:00Z')), '2026-11-24');
    assert.equal(firstKeptDay(0, 0), null);
  });

  it('removes whole days of files and packs, and tells how many', async () => {
    const hdfs = filled();
    assert.deepEqual(await prune(hdfs, { before, isDryRun: true }), { folders: 3, files: 3, bytes: 30 });
    assert.equal(hdfs.files.size, 7);
    assert.deepEqual(await prune(hdfs, { before }), { folders: 3, files: 3, bytes: 30 });
    assert.deepEqual([...hdfs.files.keys()].sort(), [...KEPT].sort());
    assert.deepEqual(await prune(hdfs, { before }), { folders: 0, files: 0, bytes: 0 });
  });

  it('removes what was set aside as long ago', async () => {
    const hdfs = hdfsDouble();
    hdfs.files.set('footage/_rejected/x.jpg', Buffer.alloc(1));
    hdfs.files.set('footage/_rejected/x.jpg.json', Buffer.alloc(1));
    assert.equal((await prune(hdfs, { before: '1970-01-01' })).files, 0);
    assert.equal((await prune(hdfs, { before })).files, 2);
    assert.equal(hdfs.files.size, 0);
  });

  it('ends the same wherever it dies', async () => {
    for (let budget = 0; ; budget++) {
      const hdfs = filled();
      hdfs.budget = budget;
      const died = await prune(hdfs, { before }).then(
        () => false,
        (fault: unknown) => fault instanceof Crash || Promise.reject(fault),
      );
      hdfs.budget = Infinity;
      await prune(hdfs, { before });
      assert.deepEqual([...hdfs.files.keys()].sort(), [...KEPT].sort());
      if (!died) break;
    }
  });
});
