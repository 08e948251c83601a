/**
 * Footage through the real Flume into the real HDFS: what cameras hand over stands there once, byte for byte, though
 * agent and Flume are killed on the way.
 *
 * Method: set equality of hashes between what was handed over and what HDFS serves.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { oid } from '../../core/domain/oid.ts';
import { parseSettledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import type { Wanted } from '../../footage/erase.ts';
import { erase, plan } from '../../footage/erase.ts';
import { prune } from '../../footage/prune.ts';
import { settle } from '../../footage/settle.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { leftBehind } from '../../hadoop-compose/cluster/left-behind.ts';
import { allProcesses } from '../../hadoop-compose/cluster/processes.ts';
import { ROOT } from '../support/main-job.ts';

const HEADS = [Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.from('89504e470d0a1a0a00000000', 'hex')];
const RULES = { openForMs: 5_000, tornAfterMs: 600_000 };
const folder = mkdtempSync(join(tmpdir(), 'sightline-footage-'));
const config = readConfig({
  ...process.env,
  SIGHTLINE_ROOT: `/sightline/footage_${randomBytes(4).toString('hex')}`,
  FOOTAGE_FOLDER: folder,
  FOOTAGE_GREATEST_MB: '8',
});
const environment = {
  ...process.env,
  SIGHTLINE_ROOT: config.SIGHTLINE_ROOT,
  FOOTAGE_FOLDER: folder,
  FOOTAGE_GREATEST_MB: '8',
};
const files = hdfs(config);
const handedOver = new Map<string, number>();
let said = '';
let agent: ChildProcess | null = null;

before(() => files.makeFolder('footage'));
after(async () => {
  if (agent) await end('SIGTERM');
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  await rm(folder, { recursive: true, force: true });
});

function startAgent(): ChildProcess {
  const child = spawn(process.execPath, [join(ROOT, 'sightline.mjs'), 'footage', 'agent'], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return child;
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  const child = agent!;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  agent = null;
  return ended;
}

/** As a camera does it: written beside, then renamed. */
function handOver(camera: string, name: string, bytes: Buffer): void {
  const place = join(folder, 'handover', camera);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `.${name}`), bytes);
  renameSync(join(place, `.${name}`), join(place, name));
  handedOver.set(createHash('sha256').update(bytes).digest('hex'), bytes.length);
}

/** What the simulated cameras draw: JPEGs, two PNGs and a film. */
async function handOverDrawn(): Promise<void> {
  const python = await ensureVenv({ footage: true });
  const drawn = join(folder, 'drawn');
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'hadoop-compose', 'cameras'), PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python, ['-m', 'sightline_cameras.footage', drawn], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  for (let i = 0; i < 40; i++) {
    const sight = { camera_oid: 7 + (i % 3), oid: 8_000 + i, item: 'bicycle', detected_ms: 1_795_996_700_000 + i };
    child.stdin.write(`${JSON.stringify({ ...sight, place_kind: 'park' })}\n`);
  }
  child.stdin.end();
  await once(child, 'exit');
  for (const camera of ['7', '8', '9'])
    for (const name of readdirSync(join(drawn, 'handover', camera)))
      handOver(camera, name, readFileSync(join(drawn, 'handover', camera, name)));
}

function handOverSome(count: number, firstMs: number): void {
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.concat([HEADS[i % 2]!, randomBytes(2_000 + ((i * 7_919) % 60_000))]);
    handOver(String(7 + (i % 3)), `${firstMs + i}-${9_000 + i} door ${i}.jpg`, bytes);
  }
}

const flumes = (): number[] =>
  allProcesses()
    .filter(({ args }) => args.some((arg) => arg.startsWith('-Dsightline.part-of=') && arg.endsWith(`@${folder}`)))
    .map(({ pid }) => pid);

async function until(what: string, isTrue: () => Promise<boolean> | boolean, limitMs: number): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadlineMs, `${what}: not after ${limitMs / 1_000} s. ${await whatIsWhere()}\n${said}`);
    await pause(500);
  }
}

async function whatIsWhere(): Promise<string> {
  const inHdfs = (await files.walk('footage')).map(({ path, bytes }) => `${path} ${bytes}`);
  const local = readdirSync(folder, { recursive: true }).map(String);
  return [`${handedOver.size} were handed over.`, ...inHdfs, ...local].join('\n');
}

function countBy(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]),
  );
}

async function settledHashes(): Promise<string[]> {
  await settle(files, Date.now, RULES);
  const found = (await files.walk('footage')).map(({ path }) => parseSettledFile(path)).filter((one) => one !== null);
  return found.map(({ sha256 }) => sha256);
}

test('each file that is handed over is in HDFS once, though agent and Flume are killed', async () => {
  agent = startAgent();
  await until('the agent takes footage', () => said.includes('takes footage'), 240_000);
  await handOverDrawn();
  handOver('7', 'a large one.jpg', Buffer.concat([HEADS[0]!, randomBytes(3_000_000)]));
  await until('some files have arrived', async () => (await files.list('footage/_arriving')).length > 5, 60_000);

  process.kill(flumes()[0]!, 'SIGKILL');
  handOverSome(40, 1_795_996_900_000);
  await until('Flume runs again', () => /Flume died/.test(said) && flumes().length === 1, 30_000);
  await end('SIGKILL');
  assert.equal(leftBehind({ folder }).length, 1, 'the killed agent leaves its Flume behind');

  agent = startAgent();
  await until('the next agent ends it', () => said.includes('ending what'), 60_000);
  handOverSome(20, 1_795_997_000_000);
  await until('everything is settled', async () => (await settledHashes()).length >= handedOver.size, 240_000);

  const hashes = await settledHashes();
  assert.deepEqual([...hashes].sort(), [...handedOver.keys()].sort());
  const drawn = (await files.walk('footage'))
    .map(({ path }) => parseSettledFile(path))
    .filter((one) => one !== null && one.takenAtMs < 1_795_996_800_000);
  assert.deepEqual(
    countBy(drawn.map((one) => `${one!.kind} ${one!.detection === null ? 'alone' : 'of a detection'}`)),
    {
      'jpg of a detection': 37,
      'mp4 alone': 1,
      'png of a detection': 2,
    },
  );
  for (const file of await files.walk('footage')) {
    const footage = parseSettledFile(file.path);
    if (footage === null) continue;
    assert.equal(file.bytes, handedOver.get(footage.sha256), file.path);
    assert.equal(await files.sha256(file.path), footage.sha256, file.path);
  }
  assert.deepEqual(readdirSync(join(folder, 'spool')), []);
});

test('a detection is erased, then all days that are older than the retention, in HDFS', async () => {
  const wanted: Wanted = { by: 'detection', detection: oid(8_003), camera: undefined };
  assert.equal((await plan(files, wanted)).files.length, 1);
  const erased: string[] = [];
  assert.equal(await erase(files, wanted, ({ path }) => erased.push(path)), 0);
  assert.equal(parseSettledFile(erased[0]!)!.detection, oid(8_003));
  const left = (await settledHashes()).length;
  assert.equal(left, handedOver.size - 1);
  assert.equal((await prune(files, { before: '2020-01-01' })).files, 0);
  assert.equal((await prune(files, { before: '9999-01-01' })).files, left);
  assert.deepEqual(
    (await files.walk('footage/camera=8')).map(({ path }) => path),
    [],
  );
});

test('a second agent on the same folder is refused', async () => {
  const second = startAgent();
  const code = await new Promise((resolve) => second.once('exit', resolve));
  assert.notEqual(code, 0);
  assert.match(said, /'sightline footage agent' \(process \d+\) is still working on/);
  assert.equal(flumes().length, 1);
});

test('the agent stops in seconds and leaves nothing behind', async () => {
  const beganMs = Date.now();
  assert.equal(await end('SIGTERM'), 0);
  assert.ok(Date.now() - beganMs < 15_000);
  assert.deepEqual(flumes(), []);
});
