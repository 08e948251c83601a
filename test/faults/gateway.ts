/**
 * A camera gateway under fire: the test is its cameras, so it knows the hash of each file that it handed over. Agent
 * and settling are parts as `npm start -- --footage` has them; what was killed comes back by itself.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSettledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { markOfPart, partsOf } from '../../hadoop-compose/cluster/left-behind.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import type { Part } from '../../hadoop-compose/start/part.ts';
import { startPart } from '../../hadoop-compose/start/part.ts';
import { eventually, ROOT } from '../support/main-job.ts';

/**
 * Settling takes a Flume for dead after 90 s. What it was writing when the DataNode died too can be read when HDFS has
 * given up on the writer, after three minutes.
 */
const SETTLED_LIMIT_MS = 1_500_000;
const JPEG_HEAD = Buffer.from('ffd8ffe000104a464946', 'hex');

export interface Gateway {
  /** Of the parts, such as "footage-agent killed by SIGKILL". */
  readonly deaths: readonly string[];
  agentPid(): number | undefined;
  flumes(): number[];
  /** As a camera does: writes a file beside, then renames it. Throws what the disk says, and then leaves nothing. */
  handOver(number: number, bytes: number): void;
  /** Waits until all that was handed over is settled, and compares every byte; returns how many files that were. */
  assertServed(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts agent and settling for a folder; needs the stack to be up. */
export async function openGateway(stack: Stack, folder: string, settings: Record<string, string>): Promise<Gateway> {
  const environment = {
    ...partEnvironment(process.env, addressesOf(stack.ports), 300),
    SIGHTLINE_ROOT: `/sightline/footage_${randomBytes(4).toString('hex')}`,
    FOOTAGE_FOLDER: folder,
    ...settings,
  };
  const files = hdfs(readConfig(environment));
  const handedOver = new Map<string, number>();
  const deaths: string[] = [];

  const part = (name: string, words: readonly string[]): Part => {
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
  };
  const flumes = (): number[] =>
    partsOf({ folder })
      .filter(({ name }) => name === 'flume')
      .map(({ pid }) => pid);
  const settledFiles = async (): Promise<{ path: string; sha256: string; bytes: number }[]> =>
    (await files.walk('footage')).flatMap(({ path, bytes }) => {
      const footage = parseSettledFile(path);
      return footage === null ? [] : [{ path, sha256: footage.sha256, bytes }];
    });

  await files.makeFolder('footage');
  const parts = [
    part('footage-agent', ['footage', 'agent']),
    part('footage-settle', ['footage', 'settle', '--every', '2']),
  ];
  await eventually(
    'Flume runs',
    async () => flumes(),
    ({ length }) => length === 1,
    300_000,
  );
  return {
    deaths,
    flumes,
    agentPid: () => parts[0]!.pid(),
    handOver(number, bytes) {
      const content = Buffer.concat([JPEG_HEAD, randomBytes(bytes)]);
      const place = join(folder, 'handover', String(1 + (number % 9)));
      const name = `${Date.now()}-${number}.jpg`;
      mkdirSync(place, { recursive: true });
      try {
        writeFileSync(join(place, `.${name}`), content);
      } catch (fault) {
        rmSync(join(place, `.${name}`), { force: true });
        throw fault;
      }
      renameSync(join(place, `.${name}`), join(place, name));
      handedOver.set(createHash('sha256').update(content).digest('hex'), content.length);
    },
    async assertServed() {
      await eventually('all is settled', settledFiles, ({ length }) => length >= handedOver.size, SETTLED_LIMIT_MS);
      const settled = await settledFiles();
      assert.deepEqual(settled.map(({ sha256 }) => sha256).sort(), [...handedOver.keys()].sort());
      for (const { path, sha256, bytes } of settled) {
        assert.equal(bytes, handedOver.get(sha256), path);
        assert.equal(await files.sha256(path), sha256, path);
      }
      assert.deepEqual(readdirSync(join(folder, 'spool')), []);
      return settled.length;
    },
    async stop() {
      await Promise.all(parts.map((one) => one.stop()));
      assert.deepEqual(flumes(), []);
    },
  };
}
