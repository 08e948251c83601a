/** The Dockerfiles, read by hadolint, which comes in a Python environment of its own below `.sightline`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../hadoop-compose/cameras/venv.ts';
import { ROOT } from '../support/main-job.ts';

test('hadolint finds nothing in the Dockerfiles of Sightline and of HBase', async () => {
  const home = resolve(process.env.SIGHTLINE_HOME || join(ROOT, '.sightline'));
  const requirements = join(ROOT, 'test/support/hadolint/requirements.txt');
  const python = await environmentOf(join(home, 'hadolint'), [requirements]);
  for (const file of ['Dockerfile', 'hadoop-compose/conf/hbase/Dockerfile']) {
    const read = spawnSync(join(dirname(python), 'hadolint'), ['--no-color', join(ROOT, file)], { encoding: 'utf8' });
    assert.deepEqual([read.status, read.stdout, read.stderr], [0, '', ''], file);
  }
});
