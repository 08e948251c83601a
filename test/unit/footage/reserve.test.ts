/** The reserve of a camera gateway's disk: kept while there is room, given up when the disk is nearly full. */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { keepReserve, LEAST_FREE_BYTES } from '../../../footage/reserve.ts';

const BYTES = 3 << 20;
let folder: string;
let file: string;
let freeBytes = Infinity;

before(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'sightline-reserve-'));
  file = join(folder, 'reserve');
  mock.method(fs, 'statfs', async () => ({ bavail: freeBytes, bsize: 1 }));
  syncBuiltinESMExports();
});

after(async () => {
  mock.restoreAll();
  syncBuiltinESMExports();
  await fs.rm(folder, { recursive: true });
});

const size = (): Promise<number | null> =>
  fs.stat(file).then(
    (found) => found.size,
    () => null,
  );

test('a disk with room keeps the whole reserve, once', async () => {
  freeBytes = 100 * LEAST_FREE_BYTES;
  assert.equal((await keepReserve(file, BYTES)).change, 'kept');
  assert.equal(await size(), BYTES);
  assert.equal((await keepReserve(file, BYTES)).change, null);
});

test('a disk that is nearly full gets it back, and keeps it until there is more room than the reserve needs', async () => {
  freeBytes = LEAST_FREE_BYTES - 1;
  assert.equal((await keepReserve(file, BYTES)).change, 'given up');
  assert.equal(await size(), null);
  freeBytes = BYTES + LEAST_FREE_BYTES;
  assert.equal((await keepReserve(file, BYTES)).change, null);
  assert.equal(await size(), null);
});

test('a reserve that was cut off, or is for smaller files, is written anew', async () => {
  await fs.writeFile(file, Buffer.alloc(1_000));
  freeBytes = 100 * LEAST_FREE_BYTES;
  assert.equal((await keepReserve(file, BYTES)).change, 'kept');
  assert.equal(await size(), BYTES);
});
