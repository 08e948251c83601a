/** What executors run is one program that loads: all of its parts, and the native client beside it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ENTRY, EXECUTOR, executorFolder } from '../../../../speed-layer/spark/bundle.ts';

test('the process that decides loads far from this repository, and ends with its input', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sightline-bundle-'));
  try {
    const folder = await executorFolder({ SIGHTLINE_HOME: home }, ENTRY);
    const { status, stderr } = spawnSync(process.execPath, [join(folder, EXECUTOR)], { input: '', encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(await executorFolder({ SIGHTLINE_HOME: home }, ENTRY), folder);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
