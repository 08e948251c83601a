/**
 * The real stack under fire, the long form: `npm run test:faults -- --minutes N [--only WORDS|OTHERS] [--rate R]`.
 *
 * Wave after wave of detections with copies and poison, a scenario in each, until all have struck or the time is up.
 * After each, set equality with the cameras' truth file, in rows and in every count. Daemons and workers come back by
 * themselves.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readConfig } from '../../core/process/config.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import type { MainJob } from '../support/main-job.ts';
import { startMainJob } from '../support/main-job.ts';
import type { Army } from './army.ts';
import { army } from './army.ts';
import { asker, underFire } from './fire.ts';
import { SCENARIOS } from './scenarios.ts';

const EPOCH_SECONDS = 60;
const minutes = Number(process.env.SIGHTLINE_FAULTS_MINUTES ?? 20);
const only = (process.env.SIGHTLINE_FAULTS_ONLY ?? '').split('|');
const ratePerSecond = Number(process.env.SIGHTLINE_FAULTS_RATE ?? 2_000);

describe('the real stack under fire', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-faults-'));
  const truthFile = join(folder, 'truth.csv');
  const since = Date.now();
  const stack = stackFrom();
  let job: MainJob;
  let stores: Stores;
  let workers: Army;

  before(async () => {
    job = await startMainJob(['--rate', '0', '--epoch-seconds', String(EPOCH_SECONDS), '--workers', '1']);
    const environment = partEnvironment(process.env, addressesOf(stack.ports), EPOCH_SECONDS);
    stores = await openStores(readConfig(environment), { callTimeoutMs: 5_000, operationTimeoutMs: 60_000 });
    workers = army(2, { ...environment, LOG_LEVEL: 'info' });
  });

  after(async () => {
    await workers?.stop();
    await stores?.close();
    rmSync(folder, { recursive: true, force: true });
    if (job) assert.equal(await job.stop(), 0);
  });

  it('loses nothing and counts nothing twice, whatever strikes', { timeout: (minutes + 20) * 60_000 }, async (test) => {
    for (const scenario of SCENARIOS.filter(({ name }) => only.some((words) => name.includes(words)))) {
      if (Date.now() > since + minutes * 60_000)
        return test.diagnostic(`the ${minutes} minutes are over before: ${scenario.name}`);
      await test.test(scenario.name, async (wave) => {
        const target = { stack, stores, army: workers };
        wave.diagnostic(
          JSON.stringify(
            await underFire([scenario], target, asker(job.address), { ratePerSecond, seconds: 25, truthFile, since }),
          ),
        );
      });
    }
  });
});
