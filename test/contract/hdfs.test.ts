/**
 * The HDFS driver on the real WebHDFS: whole files, exact renames, folders. Uses a folder of its own and removes it.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from '../../core/process/config.ts';
import { Refusal } from '../../core/process/errors.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';

const name = `contract_${randomBytes(4).toString('hex')}`;
const config = readConfig({ ...process.env, SIGHTLINE_ROOT: `/sightline/${name}` });
const files = hdfs(config);
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-hdfs-'));
});
after(async () => {
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  await rm(folder, { recursive: true, force: true });
});

test('what is written is read back, and written again is replaced', async () => {
  await files.write('lake/a.json', Buffer.from('{"a":1}'));
  await files.write('lake/a.json', Buffer.from('{"a":22}'));
  assert.equal((await files.read('lake/a.json')).toString(), '{"a":22}');
  assert.deepEqual(
    (await files.list('lake')).map(({ path }) => path),
    ['lake/a.json'],
  );
  await files.write('lake/empty', Buffer.alloc(0));
  assert.equal((await files.read('lake/empty')).length, 0);
});

test('a large file is uploaded, summed and downloaded byte for byte', async () => {
  const bytes = randomBytes(9_000_001);
  await writeFile(join(folder, 'large'), bytes);
  const path = 'lake/detections/dt=2026-11-22/hour=13/large.parquet';
  await files.upload(join(folder, 'large'), path);
  assert.equal(await files.sha256(path), createHash('sha256').update(bytes).digest('hex'));
  await files.download(path, join(folder, 'back'));
  assert.ok((await readFile(join(folder, 'back'))).equals(bytes));
  assert.deepEqual(
    (await files.walk('lake/detections')).map((each) => [each.path, each.bytes]),
    [[path, bytes.length]],
  );
});

test('a rename makes the folder, never overwrites, and needs its source', async () => {
  await files.write('from', Buffer.from('1'));
  await files.write('other', Buffer.from('2'));
  assert.equal(await files.rename('from', 'deep/er/to'), true);
  assert.equal(await files.rename('from', 'deep/er/again'), false);
  assert.equal(await files.rename('other', 'deep/er/to'), false);
  assert.equal((await files.read('deep/er/to')).toString(), '1');
});

test('a rename moves a whole folder, and nothing into a folder that exists', async () => {
  await files.write('one/file', Buffer.from('1'));
  await files.write('two/file', Buffer.from('2'));
  await files.makeFolder('empty');
  assert.equal(await files.rename('one', 'two'), false);
  assert.equal(await files.rename('one', 'empty'), false);
  assert.equal(await files.rename('one/file', 'empty'), false);
  assert.equal(await files.rename('one', 'three'), true);
  assert.equal((await files.read('three/file')).toString(), '1');
  assert.equal(await files.facts('one'), null);
  for (const folder of ['two', 'three', 'empty']) await files.remove(folder);
});

test('what is not there is null, empty or a fault, never a file', async () => {
  assert.equal(await files.facts('nothing'), null);
  assert.deepEqual(await files.list('nothing'), []);
  await assert.rejects(files.read('nothing'), /there is no file/);
  await files.makeFolder('folder');
  assert.equal((await files.facts('folder'))?.isFolder, true);
  await files.remove('folder');
  assert.equal(await files.facts('folder'), null);
  await files.remove('folder');
});

test('the file system says what is free', async () => {
  assert.ok((await files.capacity()).freeBytes > 0);
});

test('a quota that is used up is refused with what to do, for folders and for the bytes of a file, and passes when it is raised', async () => {
  // Whoever started this HDFS may set quotas: on the embedded stack that is whoever runs the tests.
  const setQuota = async (quota: Record<string, string>): Promise<void> => {
    const query = new URLSearchParams({ op: 'SETQUOTA', 'user.name': userInfo().username, ...quota });
    const answer = await fetch(`${config.WEBHDFS_URL}/webhdfs/v1${config.SIGHTLINE_ROOT}/quota?${query}`, {
      method: 'PUT',
    });
    assert.ok(answer.ok, await answer.text());
  };
  const isRefused = (words: RegExp) => (fault: unknown) =>
    fault instanceof Refusal && fault.exitCode === 5 && words.test(fault.message);
  await files.makeFolder('quota');
  await setQuota({ namespacequota: '2', storagespacequota: '1000000000' });
  await files.makeFolder('quota/one');
  await assert.rejects(files.makeFolder('quota/two'), isRefused(/NameSpace quota.*Raise the quota of the folder/s));
  await setQuota({ namespacequota: '1000000000', storagespacequota: '1000' });
  const bytes = randomBytes(200_000);
  await writeFile(join(folder, 'much'), bytes);
  await assert.rejects(
    files.upload(join(folder, 'much'), 'quota/much'),
    isRefused(/DiskSpace quota.*Raise the quota of the folder/s),
  );
  await setQuota({ namespacequota: '1000000000', storagespacequota: '1000000000' });
  await files.upload(join(folder, 'much'), 'quota/much');
  assert.ok((await files.read('quota/much')).equals(bytes));
});

test("a folder below a file, and a WebHDFS address that is another service's, are refused with what to look at", async () => {
  await files.write('a-file', Buffer.from('1'));
  await assert.rejects(
    files.makeFolder('a-file/below'),
    (fault) =>
      fault instanceof Refusal && fault.exitCode === 2 && /A file is where a folder is expected/.test(fault.message),
  );
  const elsewhere = hdfs({
    ...config,
    WEBHDFS_URL: `${config.WEBHDFS_URL.replace(/\d+$/, '')}${await portOfPlainHttp()}`,
  });
  await assert.rejects(
    elsewhere.list(''),
    (fault) => fault instanceof Refusal && /Check WEBHDFS_URL/.test(fault.message),
  );
});

/** A web server that knows no WebHDFS. */
async function portOfPlainHttp(): Promise<number> {
  const server = createServer((_, response) => response.writeHead(404).end('<html>not here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}
