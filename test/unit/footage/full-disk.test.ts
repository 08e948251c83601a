/**
 * Without Flume, on a full disk or for a large file, the agent delivers itself: each file whole, under a name that
 * settling takes.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { oid } from '../../../core/domain/oid.ts';
import { settledFile, travelName } from '../../../core/layout/footage.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { foldersIn, makeFolders } from '../../../footage/folders.ts';
import { deliverFolder } from '../../../footage/full-disk.ts';
import { FLUME_BYTES, takeFiles } from '../../../footage/handover.ts';
import { settle } from '../../../footage/settle.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';

const spool = mkdtempSync(join(tmpdir(), 'sightline-spool-'));
after(() => rmSync(spool, { recursive: true }));

function spooled(text: string): Footage {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const footage: Footage = { camera: oid(7), takenAtMs: 1_795_996_800_123, detection: oid(1), sha256, kind: 'jpg' };
  writeFileSync(join(spool, travelName(footage)), text);
  return footage;
}

test('what it delivers is settled, and leaves the spool', async () => {
  const hdfs = hdfsDouble();
  const footage = ['a picture', 'another'].map(spooled);
  const { upload } = hdfs;
  hdfs.upload = (localFile, path) => {
    assert.match(path, /\.tmp$/, 'settling leaves a half file alone');
    return upload(localFile, path);
  };
  assert.equal(await deliverFolder(hdfs, spool, new AbortController().signal), 2);
  assert.deepEqual(readdirSync(spool), []);
  assert.equal((await settle(hdfs, () => 1_000)).settled, 2);
  assert.deepEqual([...hdfs.files.keys()].sort(), footage.map(settledFile).sort());
});

test('a file that HDFS does not take stays in the spool', async () => {
  const hdfs = hdfsDouble();
  const name = travelName(spooled('a picture'));
  hdfs.upload = () => Promise.reject(new Error('no DataNode'));
  await assert.rejects(deliverFolder(hdfs, spool, new AbortController().signal), /no DataNode/);
  assert.equal(readFileSync(join(spool, name), 'utf8'), 'a picture');
});

test('what Flume cannot take is left to the agent', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sightline-large-'));
  try {
    const folders = foldersIn(root);
    makeFolders(folders);
    mkdirSync(join(folders.handover, '7'));
    const film = Buffer.alloc(FLUME_BYTES + 1);
    film.write('\0\0\0\x18ftypisom', 'latin1');
    writeFileSync(join(folders.handover, '7', '1795996800123-1.mp4'), film);
    writeFileSync(join(folders.handover, '7', '1795996800124-2.mp4'), film.subarray(0, 4_000));
    const limits = { greatestBytes: 2 * FLUME_BYTES, spoolFiles: 10 };
    assert.equal((await takeFiles(folders, limits, new AbortController().signal)).passedOn, 2);
    assert.match(readdirSync(folders.large).join(), /^7_1795996800123_1_\w+\.mp4$/);
    assert.match(readdirSync(folders.spool).join(), /^7_1795996800124_2_\w+\.mp4$/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
