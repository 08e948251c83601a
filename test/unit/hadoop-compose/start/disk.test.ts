import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { boundedLog } from '../../../../hadoop-compose/start/bounded-log.ts';
import { watchDisk } from '../../../../hadoop-compose/start/disk.ts';

describe('the watch over free disk', () => {
  it('says at once that there is too little, and nothing while there is enough', async () => {
    const { bavail, bsize } = await statfs(tmpdir());
    const freeGigabytes = (bavail * bsize) / 1e9;
    const said: string[] = [];
    const hooks = { onShort: () => void said.push('short'), onRoom: () => void said.push('room') };
    const short = await watchDisk(tmpdir(), freeGigabytes + 1_000, hooks);
    assert.deepEqual([said, short.isShort()], [['short'], true]);
    short.stop();
    const enough = await watchDisk(tmpdir(), 0, hooks);
    assert.deepEqual([said, enough.isShort()], [['short'], false]);
    enough.stop();
  });
});

describe('a bounded log', () => {
  it('keeps the newest, and one file before it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-log-'));
    const file = join(folder, 'part.log');
    const log = boundedLog(file);
    log.write(Buffer.alloc(9_999_999, 'x'));
    log.write(Buffer.from('the last\nwords\n'));
    assert.equal(readFileSync(file, 'utf8'), 'the last\nwords\n');
    assert.ok(existsSync(`${file}.1`));
    assert.ok(log.lastLines().endsWith('the last\nwords'));
    log.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
