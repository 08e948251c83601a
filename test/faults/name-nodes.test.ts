/**
 * The active NameNode is killed while files are written, renamed and read, twice: every file is there once and whole.
 *
 * A NameNode on standby that nobody else is named beside is told first.
 *
 * The seconds from the kill to the next file are in the diagnostics, those of the administrator's failover included.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { EXIT } from '../../core/process/errors.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { haHdfs } from '../support/ha-hdfs.ts';
import type { HaHdfs } from '../support/ha-hdfs.ts';
import { eventually } from '../support/main-job.ts';
import { CHILD_LIMIT_MS, run } from '../support/secured-stack.ts';

const LIMIT = { timeout: 600_000 };
const FILE_BYTES = 200_000;
const LARGE_BYTES = 24 << 20;
const WRITERS = 3;
const UNNOTICED_MS = 1_500;

describe('NameNodes that take over from each other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-ha-'));
  let cluster: HaHdfs;
  let files: Hdfs;

  before(async () => {
    cluster = await haHdfs(stackFrom(), folder);
    const { urls } = cluster;
    files = hdfs({
      WEBHDFS_URL: urls[0]!,
      WEBHDFS_URLS: [...urls],
      SIGHTLINE_ROOT: '/sightline',
      HADOOP_USER: userInfo().username,
    });
    await eventually(
      'a first file is written',
      () => files.write('first', Buffer.from('x')).then(() => true),
      Boolean,
      120_000,
    );
  }, LIMIT);
  after(async () => {
    await cluster?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('one on standby alone is told by its address, with what to do', LIMIT, async () => {
    const standby = cluster.urls[1]!;
    const settings = { WEBHDFS_URL: standby, SIGHTLINE_ROOT: '/sightline', HADOOP_USER: userInfo().username };
    const { faults, code } = await run(['sightline.mjs', 'batch', 'report'], settings, CHILD_LIMIT_MS);
    assert.ok(faults.includes(`HDFS at ${standby}: `), faults);
    assert.match(faults, /in state standby.*name every NameNode of the cluster in WEBHDFS_URLS/s);
    assert.equal(code, EXIT.dependency_down);
  });

  for (const [from, to] of [
    ['nn1', 'nn2'],
    ['nn2', 'nn1'],
  ] as const)
    it(`${from} is killed in the middle of writes, a rename and a read`, LIMIT, async (test) => {
      const large = randomBytes(LARGE_BYTES);
      const local = join(folder, 'large');
      writeFileSync(local, large);
      await files.upload(local, `${from}/large`);
      const stop = new AbortController();
      const written = new Map<string, string>();
      const moments: number[] = [];
      const writers = Array.from({ length: WRITERS }, (_, writer) =>
        writeUntil(files, `${from}/${writer}`, { stop: stop.signal, written, moments }),
      );
      const uploads = uploadUntil(files, local, `${from}/large-copy`, stop.signal);
      const reading = slowlyRead(files, `${from}/large`);
      await pause(3_000);
      const killedAt = Date.now();
      await cluster.kill(from);
      await pause(UNNOTICED_MS);
      await cluster.failOver(from, to);
      const failedOverAt = Date.now();
      await eventually('files are written again', async () => moments.some((at) => at > failedOverAt), Boolean, 60_000);
      const next = moments.find((at) => at > killedAt + 1_000) ?? NaN;
      test.diagnostic(
        `${(failedOverAt - killedAt) / 1_000} s until the failover, ${(next - killedAt) / 1_000} s until the next file`,
      );
      await pause(2_000);
      stop.abort();
      await Promise.all([...writers, uploads]);
      assert.equal(await reading, hashOf(large));
      const found = (await files.walk(from)).filter(({ path }) => !path.includes('/large'));
      const whole = found.filter(({ path }) => !path.includes('_writing-'));
      assert.deepEqual(whole.map(({ path }) => path).sort(), [...written.keys()].sort());
      for (const { path } of whole) assert.equal(await files.sha256(path), written.get(path), path);
      assert.equal(await files.sha256(`${from}/large-copy`), hashOf(large));
      test.diagnostic(`${whole.length} files, each once and whole; ${found.length - whole.length} temporary ones left`);
      await cluster.startAgain(from);
    });
});

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Writing {
  readonly stop: AbortSignal;
  readonly written: Map<string, string>;
  readonly moments: number[];
}

/** Writes a file and renames it into its place, as the layers do: a rename that broke off is repeated if it failed. */
async function writeUntil(files: Hdfs, folder: string, { stop, written, moments }: Writing): Promise<void> {
  for (let number = 0; !stop.aborted; number++) {
    const [staged, path] = [`${folder}/_staged-${number}`, `${folder}/${number}`];
    const bytes = randomBytes(FILE_BYTES);
    await withRetry(COMMAND_RETRY, () => files.write(staged, bytes));
    await withRetry(COMMAND_RETRY, async () => {
      if (!(await files.rename(staged, path)))
        assert.ok(await files.facts(path), `${path} is neither staged nor there`);
    });
    written.set(path, hashOf(bytes));
    moments.push(Date.now());
  }
}

async function uploadUntil(files: Hdfs, local: string, path: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) await withRetry(COMMAND_RETRY, () => files.upload(local, path));
}

/** Takes some ten seconds. */
async function slowlyRead(files: Hdfs, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of files.readStream(path)) {
    hash.update(chunk as Buffer);
    await pause(((chunk as Buffer).length / LARGE_BYTES) * 10_000);
  }
  return hash.digest('hex');
}
