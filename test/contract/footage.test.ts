/**
 * Footage through the real Flume into the real HDFS: what cameras hand over stands there once, byte for byte, though
 * agent and Flume are killed on the way, and stands there still when the frames of past days were packed.
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
import { dateOf } from '../../core/domain/time.ts';
import { parseSettledFile, settledFile } from '../../core/layout/footage.ts';
import type { Footage } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { listPacks, readPackIndex } from '../../core/stores/footage/pack-index.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { changePacksAlone } from '../../footage/packs/alone.ts';
import { prune } from '../../footage/prune.ts';
import { settle } from '../../footage/settle.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { leftBehind, partsOf } from '../../hadoop-compose/cluster/left-behind.ts';
import { examplesOf, withReplaced } from '../support/doc-examples.ts';
import { ROOT } from '../support/main-job.ts';
import { pythonAnswer } from '../support/python-answer.ts';

const HEADS = [Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.from('89504e470d0a1a0a00000000', 'hex')];
const RULES = { openForMs: 5_000, tornAfterMs: 600_000 };
/** A day that is past wherever and whenever this runs: only such days are packed. */
const DATE = '2024-04-01';
const FIRST_MS = Date.parse(DATE);
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
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
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
    const sight = { camera_oid: 7 + (i % 3), oid: 8_000 + i, item: 'bicycle', detected_ms: FIRST_MS + i * 1_000 };
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
  partsOf({ folder })
    .filter(({ name }) => name === 'flume')
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

async function settledFiles(): Promise<Footage[]> {
  return (await files.walk('footage')).map(({ path }) => parseSettledFile(path)).filter((one) => one !== null);
}

async function settledHashes(): Promise<string[]> {
  await settle(files, Date.now, RULES);
  return (await settledFiles()).map(({ sha256 }) => sha256);
}

async function sightline(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'sightline.mjs'), ...args], { cwd: ROOT, env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

test('each file that is handed over is in HDFS once, though agent and Flume are killed', async () => {
  agent = startAgent();
  await until('the agent takes footage', () => said.includes('takes footage'), 240_000);
  await handOverDrawn();
  handOver('7', 'a large one.jpg', Buffer.concat([HEADS[0]!, randomBytes(3_000_000)]));
  await until('some files have arrived', async () => (await files.list('footage/_arriving')).length > 5, 240_000);

  process.kill(flumes()[0]!, 'SIGKILL');
  handOverSome(40, FIRST_MS + 100_000);
  await until('Flume runs again', () => /Flume died/.test(said) && flumes().length === 1, 120_000);
  await end('SIGKILL');
  assert.equal(leftBehind({ folder }).length, 1, 'the killed agent leaves its Flume behind');

  agent = startAgent();
  await until('the next agent ends it', () => said.includes('ending what'), 240_000);
  handOverSome(20, FIRST_MS + 200_000);
  await until('everything is settled', async () => (await settledHashes()).length >= handedOver.size, 240_000);

  const hashes = await settledHashes();
  assert.deepEqual([...hashes].sort(), [...handedOver.keys()].sort());
  const drawn = (await files.walk('footage'))
    .map(({ path }) => parseSettledFile(path))
    .filter((one) => one !== null && one.takenAtMs < FIRST_MS + 100_000);
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
  assert.ok(Date.now() - beganMs < 60_000);
  assert.deepEqual(flumes(), []);
});

const OF_FRAMES = `
import hashlib, json
print(json.dumps({"hashes": sorted(hashlib.sha256(frame).hexdigest() for frame in frames["frame"]),
                  "named": sorted(frames["sha256"]), "sorted": bool(frames["taken_at"].is_monotonic_increasing)}))
`;

test('the frames of past days go into packs, which the API finds by their index and pandas by its own', async () => {
  const ofDay = async () => (await settledFiles()).filter(({ takenAtMs }) => dateOf(takenAtMs) === DATE);
  const before = (await ofDay()).filter(({ kind }) => kind !== 'mp4').map(settledFile);
  assert.ok(before.length >= 90, `${before.length} frames are settled`);
  const { code, output } = await sightline('footage', 'pack', '--before', '2024-04-02');
  assert.deepEqual([code, output.match(/^camera 7, 2024-04-01: \d+ frames/m)?.length], [0, 1], output);

  const packed: string[] = [];
  for (const camera of ['7', '8', '9'])
    for (const pack of (await listPacks(files, camera, DATE)).whole) {
      const bytes = await files.read(pack.path);
      for (const frame of await readPackIndex(files, pack)) {
        const own = bytes.subarray(frame.offset, frame.offset + frame.bytes);
        assert.equal(createHash('sha256').update(own).digest('hex'), frame.sha256);
        packed.push(settledFile(frame));
      }
    }
  assert.deepEqual(packed.sort(), before.sort());
  assert.deepEqual([...new Set((await ofDay()).map(({ kind }) => kind))], ['mp4'], 'films stay files');
  assert.equal((await sightline('footage', 'pack', '--before', '2024-04-02')).code, 3);

  const [example] = examplesOf(new URL('../../docs/data.md', import.meta.url), '## Footage', 'python');
  const url = new URL(config.WEBHDFS_URL);
  const script = withReplaced(example!, {
    '127.0.0.1:9870/sightline': `${url.host}${config.SIGHTLINE_ROOT}`,
    '2026-11-23': DATE,
  });
  const read = await pythonAnswer(await ensureVenv({ analysis: true }), script + OF_FRAMES, { cwd: folder });
  const ofCamera = packed.map(parseSettledFile).filter((frame) => frame!.camera === '7');
  assert.deepEqual(read.hashes, ofCamera.map((frame) => frame!.sha256).sort());
  assert.deepEqual([read.named, read.sorted], [read.hashes, true]);
  const first = readFileSync(join(folder, 'first.jpg'));
  assert.ok(handedOver.has(createHash('sha256').update(first).digest('hex')));
});

/** Does the work while this process holds the lease of packing. */
async function packsHeld<T>(work: () => Promise<T>): Promise<T> {
  return changePacksAlone(config, new AbortController().signal, work);
}

test('a detection is erased from a pack, a film from its folder, then all days older than the retention', async () => {
  const frames = async () => {
    const packs = await Promise.all(
      ['7', '8', '9'].map(async (camera) => (await listPacks(files, camera, DATE)).whole),
    );
    return (await Promise.all(packs.flat().map((pack) => readPackIndex(files, pack)))).flat();
  };
  const before = await frames();
  const one = before.find(({ detection }) => detection === oid(8_003))!;
  const erase = ['footage', 'erase', '--detection', '8003'];
  assert.match((await sightline(...erase)).output, /1 files \(.* would be erased/);
  assert.equal((await frames()).length, before.length);
  const whileHeld = await packsHeld(() => sightline(...erase, '--execute', '--wait', '0'));
  assert.deepEqual([whileHeld.code, /The order is kept/.test(whileHeld.output)], [6, true], whileHeld.output);
  assert.ok(await files.facts('footage/_erasures/detection_8003.json'));
  assert.equal((await frames()).length, before.length);
  const { waiting } = await packsHeld(async () => {
    const run = sightline(...erase, '--execute');
    await pause(2_000);
    return { waiting: run };
  });
  const erased = await waiting;
  assert.deepEqual([erased.code, erased.output.includes(settledFile(one))], [0, true], erased.output);
  assert.equal((await sightline(...erase, '--execute')).code, 3);
  const names = (of: readonly Footage[]): string[] => of.map(settledFile).sort();
  assert.deepEqual(names(await frames()), names(before.filter((frame) => frame !== one)));

  const film = (await settledFiles()).find(({ kind }) => kind === 'mp4')!;
  const { camera, takenAtMs } = film;
  const time = ['--from', String(takenAtMs), '--to', String(takenAtMs + 1)];
  assert.equal((await sightline('footage', 'erase', '--camera', camera, ...time, '--execute')).code, 0);
  assert.equal(await files.facts(settledFile(film)), null);

  assert.equal((await prune(files, { before: '2020-01-01' })).files, 0);
  await prune(files, { before: '9999-01-01' });
  for (const root of ['footage', 'footage_packed'])
    assert.deepEqual(
      (await files.walk(root)).map(({ path }) => path),
      [],
    );
});
