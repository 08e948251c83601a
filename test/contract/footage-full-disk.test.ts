/**
 * An agent that starts on a disk without a single free byte: it delivers what cameras have handed over, and its disk
 * has room again.
 *
 * The disk is a file system in memory, which only root may mount. It is smaller than the room that Flume needs, so all
 * goes by the agent's own delivery. Takes some ten seconds.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseSettledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { foldersIn, isDiskFull, makeFolders } from '../../footage/folders.ts';
import { listRejected } from '../../footage/rejected.ts';
import { settle } from '../../footage/settle.ts';
import { eventually, ROOT } from '../support/main-job.ts';

const DISK_MB = 24;
const JPEG_HEAD = Buffer.from('ffd8ffe000104a464946', 'hex');
const disk = mkdtempSync(join(tmpdir(), 'sightline-no-room-'));
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk]).status === 0;
const environment = {
  ...process.env,
  SIGHTLINE_ROOT: `/sightline/footage_${randomBytes(4).toString('hex')}`,
  FOOTAGE_FOLDER: join(disk, 'footage'),
};
const config = readConfig(environment);
const files = hdfs(config);
const folders = foldersIn(config.FOOTAGE_FOLDER);

after(async () => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true });
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
});

/** False when the disk has no room for it. */
function handOver(number: number, bytes: Buffer): boolean {
  const file = join(folders.handover, String(7 + (number % 2)), `${1_711_965_600_000 + number}.jpg`);
  try {
    writeFileSync(file, bytes);
    return true;
  } catch (fault) {
    if (!isDiskFull(fault)) throw fault;
    rmSync(file);
    return false;
  }
}

/** Something that is no footage takes the rest of the disk. */
function fillUp(): void {
  const file = openSync(join(disk, 'other'), 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch (fault) {
    if (!isDiskFull(fault)) throw fault;
  } finally {
    closeSync(file);
  }
}

const settledHashes = async (): Promise<string[]> => {
  await settle(files, Date.now);
  return (await files.walk('footage')).flatMap(({ path }) => parseSettledFile(path)?.sha256 ?? []).sort();
};

test(
  'what fills the disk before the agent starts is delivered',
  { skip: isMounted ? false : 'no file system can be mounted here', timeout: 240_000 },
  async () => {
    await files.makeFolder('footage');
    makeFolders(folders);
    for (const camera of ['6', '7', '8']) mkdirSync(join(folders.handover, camera));
    // The first that is taken; the line that says why it is rejected needs room.
    writeFileSync(join(folders.handover, '6', 'note.txt'), 'no footage');
    const handedOver: string[] = [];
    for (let number = 0; ; number++) {
      const bytes = Buffer.concat([JPEG_HEAD, randomBytes(1 << 20)]);
      if (!handOver(number, bytes)) break;
      handedOver.push(createHash('sha256').update(bytes).digest('hex'));
    }
    fillUp();
    assert.equal(statfsSync(disk).bavail, 0);

    const agent = spawn(process.execPath, [join(ROOT, 'sightline.mjs'), 'footage', 'agent'], {
      ...{ cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
    });
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    let said = '';
    agent.stderr!.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    try {
      const isDelivered = ({ length }: string[]): boolean => length >= handedOver.length || agent.exitCode !== null;
      const settled = await eventually('all is settled', settledHashes, isDelivered, 120_000);
      assert.deepEqual(settled, handedOver.sort(), said);
      const rejected = await eventually(
        'the note is rejected',
        async () => listRejected(folders),
        ({ length }) => length > 0,
        20_000,
      );
      assert.deepEqual(
        rejected.map(({ camera, reason }) => [camera, reason]),
        [['6', 'unknown_type']],
      );
      assert.match(said, /delivered to make room[^]*the agent delivers in place of Flume/);
    } finally {
      agent.kill('SIGTERM');
      assert.equal(await ended, 0, said);
    }
  },
);
