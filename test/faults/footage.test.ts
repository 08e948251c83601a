/**
 * Footage under fire: twenty files a second for a minute, while the agent is killed again and again, Flume once, and
 * the DataNode once.
 *
 * Method: the test is the camera, so it knows the hash of each file that it handed over. At the end HDFS serves exactly
 * these hashes, none twice, each byte for byte. Agent and settling are parts as `npm start -- --footage` has them; what
 * was killed comes back by itself, the DataNode by `cluster up`.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseSettledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { markOfPart } from '../../hadoop-compose/cluster/left-behind.ts';
import { allProcesses, pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import { footageFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import type { Part } from '../../hadoop-compose/start/part.ts';
import { startPart } from '../../hadoop-compose/start/part.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const FILES_PER_SECOND = 20;
const SECONDS = 60;
const AGENT_KILLS_AT = [8, 14, 27, 41, 52];
const FLUME_KILL_AT = 20;
const DATANODE_KILL_AT = 34;
/** Settling takes a Flume for dead after 90 s. */
const SETTLED_LIMIT_MS = 300_000;
const HEAD = Buffer.from('ffd8ffe000104a464946', 'hex');

const stack = stackFrom();
const folder = footageFolder(stack);
const environment = {
  ...partEnvironment(process.env, addressesOf(stack.ports), 300),
  SIGHTLINE_ROOT: `/sightline/footage_${randomBytes(4).toString('hex')}`,
  FOOTAGE_FOLDER: folder,
};
const files = hdfs(readConfig(environment));
const handedOver = new Map<string, number>();
const deaths: string[] = [];
let parts: Part[] = [];

function part(name: string, words: readonly string[]): Part {
  const plan = {
    name,
    args: [`--part-of=${markOfPart(stack, name)}`, ...words],
    environment,
    logFile: join(stack.folder, 'logs', `${name}.log`),
    stopLimitMs: 20_000,
  };
  return startPart(join(ROOT, 'sightline.mjs'), plan, {
    onDeath: (dead, how) => void deaths.push(`${dead} ${how}`),
    onRefusal: (refused, words) => void deaths.push(`${refused} refuses: ${words}`),
  });
}

const flumes = (): number[] =>
  allProcesses()
    .filter(({ args }) => args.some((arg) => arg.startsWith('-Dsightline.part-of=') && arg.endsWith(`@${folder}`)))
    .map(({ pid }) => pid);

before(async () => {
  assert.equal((await sightline(['cluster', 'up'])).code, 0);
  await files.makeFolder('footage');
  parts = [part('footage-agent', ['footage', 'agent']), part('footage-settle', ['footage', 'settle', '--every', '2'])];
  await eventually(
    'Flume runs',
    async () => flumes(),
    ({ length }) => length === 1,
    300_000,
  );
});

after(async () => {
  await Promise.all(parts.map((one) => one.stop()));
  await sightline(['cluster', 'down']);
  assert.deepEqual(flumes(), []);
});

function handOver(number: number): void {
  const bytes = Buffer.concat([HEAD, randomBytes(20_000 + ((number * 7_919) % 80_000))]);
  const place = join(folder, 'handover', String(1 + (number % 9)));
  const name = `${Date.now()}-${number}.jpg`;
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `.${name}`), bytes);
  renameSync(join(place, `.${name}`), join(place, name));
  handedOver.set(createHash('sha256').update(bytes).digest('hex'), bytes.length);
}

async function strike(second: number): Promise<void> {
  if (AGENT_KILLS_AT.includes(second)) {
    const pid = parts[0]!.pid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
  if (second === FLUME_KILL_AT) for (const pid of flumes()) process.kill(pid, 'SIGKILL');
  if (second !== DATANODE_KILL_AT) return;
  process.kill(pidOf(stack, 'datanode')!, 'SIGKILL');
  assert.equal((await sightline(['cluster', 'up'])).code, 0);
}

async function settledFiles(): Promise<{ path: string; sha256: string; bytes: number }[]> {
  return (await files.walk('footage')).flatMap(({ path, bytes }) => {
    const footage = parseSettledFile(path);
    return footage === null ? [] : [{ path, sha256: footage.sha256, bytes }];
  });
}

test('what cameras hand over is in HDFS once, whatever is killed', { timeout: 900_000 }, async (run) => {
  const strikes: Promise<void>[] = [];
  const beganMs = Date.now();
  for (let number = 0; number < FILES_PER_SECOND * SECONDS; number++) {
    if (number % FILES_PER_SECOND === 0) strikes.push(strike(number / FILES_PER_SECOND));
    handOver(number);
    await pause(Math.max(0, beganMs + ((number + 1) * 1_000) / FILES_PER_SECOND - Date.now()));
  }
  await Promise.all(strikes);
  const handedOverMs = Date.now();
  await eventually('all is settled', settledFiles, ({ length }) => length >= handedOver.size, SETTLED_LIMIT_MS);
  run.diagnostic(
    JSON.stringify({
      files: handedOver.size,
      deaths,
      settled_after_s: Math.round((Date.now() - handedOverMs) / 1_000),
    }),
  );

  const settled = await settledFiles();
  assert.deepEqual(settled.map(({ sha256 }) => sha256).sort(), [...handedOver.keys()].sort());
  for (const { path, sha256, bytes } of settled) {
    assert.equal(bytes, handedOver.get(sha256), path);
    assert.equal(await files.sha256(path), sha256, path);
  }
  assert.deepEqual(readdirSync(join(folder, 'spool')), []);
  assert.ok(deaths.length >= AGENT_KILLS_AT.length, deaths.join(', '));
});
