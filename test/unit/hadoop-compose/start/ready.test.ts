/** The cameras of `npm start` wait for a worker that counts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeTargets } from '../../../../core/process/metrics-target.ts';
import { somebodyCounts } from '../../../../hadoop-compose/start/ready.ts';
import { targetsFolder } from '../../../../hadoop-compose/stack/stack.ts';

test('waits until one of the workers is ready, also one whose address comes later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-ready-'));
  const said: string[] = [];
  let asked = 0;
  const worker = createServer((_, response) => {
    asked += 1;
    response.writeHead(asked < 3 ? 503 : 200).end('loading');
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => worker.once('listening', resolve));
    const { port } = worker.address() as AddressInfo;
    const counting = somebodyCounts({ folder }, 2, (_, words) => void said.push(words), new AbortController().signal);
    // The first worker never writes down where it is.
    writeTargets(targetsFolder({ folder }), 'speed-2', [{ targets: [`127.0.0.1:${port}`], labels: {} }]);
    await counting;
    assert.equal(asked, 3);
    assert.deepEqual(said, []);
  } finally {
    worker.close();
    rmSync(folder, { recursive: true });
  }
});

test('ends at once when the start is stopped', async () => {
  const stop = new AbortController();
  const counting = somebodyCounts({ folder: '/nowhere' }, 1, () => undefined, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(counting, /stopped|abort/i);
});
