/**
 * `npm start -- --engine spark`, end to end on the real stack and in a real browser (`npm run test:spark`): cameras
 * publish, Spark counts, nights prove it, and the dashboard shows what the cameras sent.
 *
 * It has a topic, a namespace and a folder of its own beside the other tests'.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RunsAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import type { MainJob } from '../support/main-job.ts';
import { childrenOf, eventually, nodeTests, sightline, startMainJob } from '../support/main-job.ts';
import { readTruth } from '../support/truth.ts';

const EPOCH_SECONDS = 30;
const DAY_MS = 86_400_000;
const LIMIT_MS = 240_000;
const TRAFFIC = '--rate 300 --seconds 60 --copies 0.25 --copy-delay-max 20 --poison 0.005'.split(' ');

describe('the main job with the engine on Spark', () => {
  if (process.env.SIGHTLINE_SPARK_MASTERS === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'sightline-spark-start-'));
  const truthFile = join(folder, 'truth.csv');
  const name = `start_${randomBytes(4).toString('hex')}`;
  const OWN = {
    KAFKA_TOPIC: name,
    KAFKA_DEAD_LETTER_TOPIC: `${name}.dlq`,
    KAFKA_GROUP: name,
    HBASE_NAMESPACE: name,
    SIGHTLINE_ROOT: `/sightline/${name}`,
    KAFKA_PARTITIONS: '4',
  };
  let job: MainJob;

  before(async () => {
    Object.assign(process.env, OWN);
    const options = ['--engine', 'spark', '--trigger', 'microbatch', '--rate', '0'];
    job = await startMainJob([...options, '--epoch-seconds', String(EPOCH_SECONDS)], 480_000);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (job) assert.equal(await job.stop(), 0);
  });

  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(`${job.address}/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  const total = (): Promise<TopItemsAnswer> =>
    ask(`top-items?location=all&from=${Date.now() - DAY_MS}&to=${Date.now() + DAY_MS}&limit=1000&parts=true`);

  it('counts what the cameras sent, each detection once', { timeout: 480_000 }, async () => {
    assert.equal(childrenOf(job.pid, 'speed', '--engine', 'spark').length, 1);
    assert.equal((await sightline(['produce', ...TRAFFIC, '--truth', truthFile])).code, 0);
    const distinct = new Set(
      (await readTruth(truthFile)).filter(({ kind }) => !/^poison/.test(kind)).map(({ id }) => id),
    );
    assert.ok(distinct.size > 10_000);
    const isWhole = (answer: TopItemsAnswer): boolean => answer.total >= distinct.size;
    assert.equal((await eventually('the whole truth', total, isWhole, LIMIT_MS)).total, distinct.size);
  });

  it('nights prove what Spark counted', { timeout: 480_000 }, async () => {
    const isOver = ({ parts }: TopItemsAnswer): boolean => parts?.speed === 0;
    await eventually('every counted epoch published', total, isOver, LIMIT_MS);
    const { runs } = await ask<RunsAnswer>('runs');
    const counted = runs.filter(({ rows }) => rows > 0);
    assert.ok(counted.length >= 2);
    assert.deepEqual([...new Set(runs.map(({ result }) => result))], ['proved']);
  });

  it('the dashboard shows it in a browser', { timeout: 600_000 }, async () => {
    const cameras = new AbortController();
    const produce = sightline(['produce', '--rate', '200', '--seconds', '590'], process.env, cameras.signal);
    try {
      const environment = { ...process.env, SIGHTLINE_URL: job.address };
      assert.equal(await nodeTests(['test/browser/live.test.ts'], environment, { concurrency: 1 }), 0);
    } finally {
      cameras.abort();
      await produce;
    }
  });
});
