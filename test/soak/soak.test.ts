/**
 * Memory stays flat at full rate: `npm run test:soak -- --minutes 60 --rate 10000 [--epoch-seconds 300]`.
 *
 * The whole main job, batch runs and a dashboard's questions included, with cameras of this test's own. The resident
 * memory of every process is noted all the time. The first quarter is left out, in which JVMs and caches fill; after
 * it, no process may have grown from the second quarter to the last by more than GROWTH_MB and a tenth and still grow.
 * At the end the total is what the cameras say they sent.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TopItemsAnswer } from '../../serving/answers.ts';
import { readConfig } from '../../core/process/config.ts';
import { openStores } from '../../core/stores/open.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import { asker } from '../faults/fire.ts';
import { caughtUp } from '../faults/exactness.ts';
import type { MainJob } from '../support/main-job.ts';
import { eventually, sightline, startMainJob } from '../support/main-job.ts';
import { watchMemory } from './memory.ts';

const DAY_MS = 86_400_000;
const GROWTH_MB = 100;
const DRAIN_LIMIT_MS = 600_000;

const minutes = Number(process.env.SIGHTLINE_SOAK_MINUTES ?? 60);
const rate = process.env.SIGHTLINE_SOAK_RATE ?? '10000';
const epochSeconds = Number(process.env.SIGHTLINE_SOAK_EPOCH_SECONDS ?? 300);

describe('the main job at full rate', () => {
  const stack = stackFrom();
  const since = Date.now();
  let job: MainJob;

  before(async () => {
    job = await startMainJob(['--rate', '0', '--epoch-seconds', String(epochSeconds)]);
  });

  after(async () => {
    if (job) assert.equal(await job.stop(), 0);
  });

  it(
    'takes no more memory as time goes by, and counts what was sent',
    { timeout: (minutes + 30) * 60_000 },
    async (test) => {
      const memory = watchMemory(stack, job.pid);
      const ask = asker(job.address);
      const window = (): string => `location=all&from=${since - DAY_MS}&to=${Date.now() + DAY_MS}&limit=1000`;
      const viewer = setInterval(() => void ask(`top-items?${window()}`).catch(() => undefined), 1_000);
      let sent: number;
      try {
        sent = await published([
          '--rate',
          rate,
          '--seconds',
          String(minutes * 60),
          '--copies',
          '0.1',
          '--copy-delay-max',
          '60',
          '--poison',
          '0.001',
        ]);
      } finally {
        clearInterval(viewer);
        memory.end();
      }
      test.diagnostic(memory.table());
      const stores = await openStores(
        readConfig(partEnvironment(process.env, addressesOf(stack.ports), epochSeconds)),
        { callTimeoutMs: 5_000, operationTimeoutMs: 60_000 },
      );
      try {
        await caughtUp(stores, DRAIN_LIMIT_MS);
      } finally {
        await stores.close();
      }
      const { total } = await eventually(
        'the whole total',
        () => ask<TopItemsAnswer>(`top-items?${window()}`),
        (answer) => answer.total >= sent,
        DRAIN_LIMIT_MS,
      );
      assert.equal(total, sent);
      assert.deepEqual(memory.grownBy(GROWTH_MB), [], 'what grew');
    },
  );
});

/** How many detections the cameras say they sent. */
async function published(options: readonly string[]): Promise<number> {
  const { code, stderr } = await sightline(['produce', ...options]);
  assert.equal(code, 0, 'the cameras published everything');
  const said = /^cameras: (\d+) detections/m.exec(stderr)?.[1];
  assert.ok(said, `the cameras said how many: ${stderr.slice(-300)}`);
  return Number(said);
}
