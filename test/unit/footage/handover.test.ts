/** The hand-over: each file is passed on once under the name of its content, or put aside with a reason. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseTravelName } from '../../../core/layout/footage.ts';
import type { Folders } from '../../../footage/folders.ts';
import { foldersIn, makeFolders } from '../../../footage/folders.ts';
import { takeFiles } from '../../../footage/handover.ts';
import { kindOf } from '../../../footage/kinds.ts';
import { listRejected } from '../../../footage/rejected.ts';
import { waitingIn } from '../../../footage/waiting.ts';

const JPEG = Buffer.from('ffd8ffe000104a46494600', 'hex');
const LIMITS = { greatestBytes: 1_000, spoolFiles: 100 };
const NEVER = new AbortController().signal;
let folders: Folders;

beforeEach(() => {
  folders = foldersIn(mkdtempSync(join(tmpdir(), 'sightline-footage-')));
  makeFolders(folders);
});
afterEach(() => rm(folders.root, { recursive: true, force: true }));

const picture = (text: string): Buffer => Buffer.concat([JPEG, Buffer.from(text)]);
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const put = (camera: string, name: string | Buffer, bytes: Buffer): void => {
  mkdirSync(join(folders.handover, camera), { recursive: true });
  writeFileSync(Buffer.concat([Buffer.from(`${folders.handover}/${camera}/`), Buffer.from(name)]), bytes);
};
const take = (limits = LIMITS) => takeFiles(folders, limits, NEVER);
const spooled = () => readdirSync(folders.spool).map((name) => parseTravelName(name));

describe('the hand-over of footage', () => {
  it('passes a file on under camera, time, detection and hash', async () => {
    const bytes = picture('a');
    put('7', '1795996800123-9001.jpg', bytes);
    put('7', '1795996800124-9002-front door.png', picture('b'));
    assert.deepEqual(await take(), { passedOn: 2, bytes: 24, copies: 0, rejected: 0 });
    assert.deepEqual(
      spooled().map((one) => [one?.camera, one?.takenAtMs, one?.detection, one?.kind]),
      [
        ['7', 1_795_996_800_123, '9001', 'jpg'],
        // By its content, not by its name.
        ['7', 1_795_996_800_124, '9002', 'jpg'],
      ],
    );
    assert.equal(spooled()[0]?.sha256, hashOf(bytes));
    assert.deepEqual(readdirSync(join(folders.handover, '7')), []);
    assert.deepEqual(await take(), { passedOn: 0, bytes: 0, copies: 0, rejected: 0 });
  });

  it('takes names with blanks, umlauts, %, = and bytes that are no UTF-8, by the time of their change', async () => {
    const names = ['a b.jpg', 'Tür=1%20.jpg', '-1.jpg', Buffer.from([0x66, 0xff, 0xfe])];
    names.forEach((name, i) => put('-5', name, picture(String(i))));
    utimesSync(join(folders.handover, '-5', 'a b.jpg'), 1_000, 1_000);
    assert.equal((await take()).passedOn, 4);
    assert.ok(spooled().every((one) => one?.camera === '-5' && one.detection === null));
    assert.ok(spooled().some((one) => one?.takenAtMs === 1_000_000));
  });

  it('leaves files alone that a camera is still writing', async () => {
    for (const name of ['.1-2.jpg', '1-2.jpg.part', '1-2.jpg.TMP']) put('7', name, picture('x'));
    assert.equal((await take()).passedOn, 0);
    assert.equal(readdirSync(join(folders.handover, '7')).length, 3);
  });

  it('keeps the same name with other content, and the same file handed over twice once', async () => {
    put('7', '5-1.jpg', picture('first'));
    await take();
    put('7', '5-1.jpg', picture('second'));
    await take();
    put('7', '5-1.jpg', picture('first'));
    assert.deepEqual(await take(), { passedOn: 0, bytes: 0, copies: 1, rejected: 0 });
    assert.deepEqual(
      new Set(spooled().map((one) => one?.sha256)),
      new Set([hashOf(picture('first')), hashOf(picture('second'))]),
    );
  });

  it('puts aside what is no footage, and lists why', async () => {
    put('7', 'empty.jpg', Buffer.alloc(0));
    put('7', 'text.jpg', Buffer.from('this is no picture'));
    put('7', 'large.jpg', JPEG);
    truncateSync(join(folders.handover, '7', 'large.jpg'), LIMITS.greatestBytes + 1);
    put('door', '1-1.jpg', picture('x'));
    symlinkSync('/etc/passwd', join(folders.handover, '7', '2-2.jpg'));
    mkdirSync(join(folders.handover, '7', 'folder.jpg'));
    assert.equal((await take()).rejected, 6);
    const reasons = Object.fromEntries(listRejected(folders).map(({ name, reason }) => [name, reason]));
    assert.deepEqual(reasons, {
      'empty.jpg': 'empty',
      'text.jpg': 'unknown_type',
      'large.jpg': 'too_large',
      '1-1.jpg': 'unknown_camera',
      '2-2.jpg': 'not_a_file',
      'folder.jpg': 'not_a_file',
    });
    assert.deepEqual(spooled(), []);
    assert.ok(listRejected(folders).every(({ keptAs }) => keptAs.startsWith(folders.rejected)));
  });

  it('lists a file whose reason a crash kept from being written', () => {
    mkdirSync(join(folders.rejected, '7'), { recursive: true });
    writeFileSync(join(folders.rejected, '7', 'a.jpg'), 'x');
    writeFileSync(join(folders.root, 'rejected.jsonl'), '{"at":"2026');
    assert.deepEqual(
      listRejected(folders).map(({ name, reason }) => [name, reason]),
      [['a.jpg', 'unexplained']],
    );
  });

  it('goes on with what a killed agent had taken', async () => {
    put('7', '5-1.jpg', picture('a'));
    mkdirSync(join(folders.taking, '7'), { recursive: true });
    renameSync(join(folders.handover, '7', '5-1.jpg'), join(folders.taking, '7', '5-1.jpg'));
    assert.equal((await take()).passedOn, 1);
    assert.equal(spooled()[0]?.detection, '1');
  });

  it('leaves files in the hand-over while the spool is full', async () => {
    for (let i = 0; i < 5; i++) put('7', `${i}-1.jpg`, picture(String(i)));
    assert.equal((await take({ ...LIMITS, spoolFiles: 2 })).passedOn, 2);
    assert.equal(readdirSync(join(folders.handover, '7')).length, 3);
    assert.equal((await take({ ...LIMITS, spoolFiles: 2 })).passedOn, 0);
  });

  it('does not read a file that lies beside the cameras', async () => {
    writeFileSync(join(folders.handover, 'lost.jpg'), picture('x'));
    assert.deepEqual(await take(), { passedOn: 0, bytes: 0, copies: 0, rejected: 0 });
    assert.ok(existsSync(join(folders.handover, 'lost.jpg')));
    assert.ok(readFileSync(join(folders.handover, 'lost.jpg')).length > 0);
  });
});

describe('the kind of a file', () => {
  it('is told by its first bytes', () => {
    const film = (brand: string): Buffer => Buffer.from(`\0\0\0\u0018ftyp${brand}`, 'latin1');
    assert.equal(kindOf(JPEG), 'jpg');
    assert.equal(kindOf(Buffer.from('89504e470d0a1a0a0000000d', 'hex')), 'png');
    assert.equal(kindOf(film('isom')), 'mp4');
    assert.equal(kindOf(film('heic')), null);
    assert.equal(kindOf(Buffer.from('<svg onload="x">')), null);
    assert.equal(kindOf(Buffer.from('GIF89a')), null);
    assert.equal(kindOf(Buffer.from([0xff, 0xd8])), null);
  });

  it('finds a new file in a folder that was quiet, whenever it comes', async () => {
    const limits = { ...LIMITS, quiet: new Map<string, number>() };
    mkdirSync(join(folders.handover, '7'));
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(folders.handover, '7'), longAgo, longAgo);
    assert.equal((await takeFiles(folders, limits, NEVER)).passedOn, 0);
    assert.ok(limits.quiet.has(join(folders.handover, '7')), 'the folder is quiet');
    put('7', '1-1.jpg', picture('a'));
    assert.equal((await takeFiles(folders, limits, NEVER)).passedOn, 1);
    assert.equal((await takeFiles(folders, limits, NEVER)).passedOn, 0);
    put('7', '2-2.jpg', picture('b'));
    assert.equal((await takeFiles(folders, limits, NEVER)).passedOn, 1, 'within the same second');
  });

  it('tells what waits and since when it has been in its folder, not what the camera made its time', () => {
    put('7', '1-1.jpg', picture('a'));
    put('7', '.2-2.jpg', picture('b'));
    utimesSync(join(folders.handover, '7', '1-1.jpg'), new Date(0), new Date(0));
    const { handover, spool } = waitingIn(folders);
    assert.equal(handover.files, 1);
    assert.ok(Date.now() - handover.oldestAtMs! < 60_000);
    assert.deepEqual(spool, { files: 0, oldestAtMs: null });
  });
});
