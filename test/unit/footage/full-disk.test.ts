/** On a full disk the agent delivers the spool itself: each file whole, under a name that settling takes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { oid } from '../../../core/domain/oid.ts';
import { settledFile, travelName } from '../../../core/layout/footage.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { deliverSpool } from '../../../footage/full-disk.ts';
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
  assert.equal(await deliverSpool(hdfs, { spool }, new AbortController().signal), 2);
  assert.deepEqual(readdirSync(spool), []);
  assert.equal((await settle(hdfs, () => 1_000)).settled, 2);
  assert.deepEqual([...hdfs.files.keys()].sort(), footage.map(settledFile).sort());
});

test('a file that HDFS does not take stays in the spool', async () => {
  const hdfs = hdfsDouble();
  const name = travelName(spooled('a picture'));
  hdfs.upload = () => Promise.reject(new Error('no DataNode'));
  await assert.rejects(deliverSpool(hdfs, { spool }, new AbortController().signal), /no DataNode/);
  assert.equal(readFileSync(join(spool, name), 'utf8'), 'a picture');
});
