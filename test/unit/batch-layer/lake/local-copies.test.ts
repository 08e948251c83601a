/**
 * Local copies that processes share: none is taken from under a reader, and what dead processes left is removed.
 *
 * Two real processes over one scratch folder; only HDFS is a double, which hands over one file.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openOwnFolder, sweepOwnFolders } from '../../../../batch-layer/own-folder.ts';

const CHILD = fileURLToPath(new URL('../../../support/copies-child.ts', import.meta.url));
const content = randomBytes(50_000);
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
const children: ChildProcess[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-copies-'));
  await writeFile(join(folder, 'source'), content);
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Process {
  readonly child: ChildProcess;
  ask(step: string): Promise<string>;
}

async function begin(work: string): Promise<Process> {
  const args = ['--import', 'tsx', CHILD, work, join(folder, 'source'), sha256, String(content.length)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  assert.equal(await next(), 'ready');
  return {
    child,
    async ask(step) {
      child.stdin!.write(`${step}\n`);
      return next();
    },
  };
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

test('a run that cleans up removes no file that another process reads', async () => {
  const work = join(folder, 'shared');
  const [reader, run] = [await begin(work), await begin(work)];
  await reader.ask('hold');
  await run.ask('hold');
  assert.equal((await readdir(join(work, 'copies'))).length, 1);
  assert.equal(await run.ask('tidy'), 'tidied');
  assert.deepEqual(await readdir(join(work, 'copies')), []);
  assert.equal(await reader.ask('read'), String(content.length));
  assert.equal(await run.ask('read'), String(content.length));
});

test('the next process removes the folders of a killed process, but not those of a living one', async () => {
  const work = join(folder, 'killed');
  const [alive, killed] = [await begin(work), await begin(work)];
  await alive.ask('hold');
  await killed.ask('hold');
  killed.child.kill('SIGKILL');
  await ended(killed.child);
  assert.equal((await readdir(join(work, 'own'))).length, 2);
  const mine = await openOwnFolder(work, 'next');
  assert.equal((await readdir(join(work, 'own'))).length, 2);
  assert.equal(await alive.ask('read'), String(content.length));
  await mine.remove();
  alive.child.stdin!.end();
  await ended(alive.child);
  assert.deepEqual(await readdir(join(work, 'own')), []);
});

test('a folder with an unknown owner is removed when nobody has touched it for a day', async () => {
  const work = join(folder, 'unknown');
  const [old, fresh] = ['attempt-1~elsewhere:7:1:abcabcabcabc:ffff', 'attempt-2~elsewhere:7:1:abcabcabcabc:ffff'].map(
    (name) => join(work, 'own', name),
  );
  const former = join(work, 'attempts', '20261128T000000000Z-4711');
  for (const path of [old!, fresh!, former]) await mkdir(path, { recursive: true });
  const before = new Date(Date.now() - 2 * 86_400_000);
  for (const path of [old!, former]) await utimes(path, before, before);
  await sweepOwnFolders(work);
  assert.deepEqual(await readdir(join(work, 'own')), ['attempt-2~elsewhere:7:1:abcabcabcabc:ffff']);
  await assert.rejects(stat(former));
});
