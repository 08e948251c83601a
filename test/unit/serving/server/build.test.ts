/** Processes that start at once build the app once, and a build that failed is done again by the next one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { oneBuild } from '../../../../serving/server/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-build-'));
const lock = { folder: join(folder, 'lock') };

after(() => rmSync(folder, { recursive: true }));

test('of five that start at once one builds, and the others wait for it', async () => {
  let builds = 0;
  let isBuilt = false;
  const starts = Array.from({ length: 5 }, async () => {
    await oneBuild(
      lock,
      () => isBuilt,
      async () => {
        builds += 1;
        await pause(50);
        isBuilt = true;
      },
    );
    assert.ok(isBuilt);
  });
  await Promise.all(starts);
  assert.equal(builds, 1);
});

test('a build that failed is done again by the next one', async () => {
  let tries = 0;
  const start = (): Promise<void> =>
    oneBuild(
      lock,
      () => false,
      async () => {
        tries += 1;
        if (tries === 1) throw new Error('no room');
      },
    );
  await assert.rejects(start(), /no room/);
  await start();
  assert.equal(tries, 2);
});
