/**
 * A stack of which any one daemon may die (`cluster up --ha`), struck under load and in the middle of a night: the
 * others take over, every detection counts once, every epoch is proved, and an export is whole or fails.
 *
 * For how long nothing was counted, and how long a run took, is told for docs/clusters.md; it depends on the machine,
 * so nothing of it is asserted.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import type { CrashPoint } from '../../batch-layer/steps.ts';
import { endOf, epochAt } from '../../core/domain/epoch.ts';
import { readConfig } from '../../core/process/config.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { clusterReset } from '../../hadoop-compose/cluster/down.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { addressesIn, withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import type { TopItemsAnswer } from '../../serving/answers.ts';
import { batchWorld, feed, openBatchOf } from '../support/batch-world.ts';
import type { MainJob } from '../support/main-job.ts';
import { eventually, startMainJob } from '../support/main-job.ts';
import { startEngine } from '../support/spark-engine.ts';
import { isReady } from '../support/speed-sides.ts';
import type { Army } from './army.ts';
import { army } from './army.ts';
import { asker, underFire } from './fire.ts';
import { allReady, failovers, kill, theActiveNameNode } from './ha-strikes.ts';

const EPOCH_SECONDS = 60;
const LIMIT = { timeout: 1_800_000 };
const only = (process.env.SIGHTLINE_FAULTS_ONLY ?? '').split('|');
const ratePerSecond = Number(process.env.SIGHTLINE_FAULTS_RATE ?? 1_000);
/** In the middle of archiving, of staging, of publishing, and of what is read back. */
const POINTS: readonly CrashPoint[] = ['archived', 'staged_one_file', 'published_one_file', 'hashed'];
const DAY_MS = 86_400_000;
const EXPORTS_FOR_MS = 40_000;

describe('a stack of which any one daemon may die', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-ha-'));
  const truthFile = join(folder, 'truth.csv');
  const since = Date.now();
  process.env.SIGHTLINE_STACK = `${process.env.SIGHTLINE_STACK ?? 'own'}-ha`;
  const stack = withRowStore(stackFrom(), { ha: true });
  let job: MainJob;
  let stores: Stores;
  let workers: Army;

  before(async () => {
    Object.assign(process.env, addressesIn(stack));
    await clusterUp(stack, () => undefined);
    job = await startMainJob(['--rate', '0', '--epoch-seconds', String(EPOCH_SECONDS), '--workers', '1']);
    const environment = partEnvironment(process.env, addressesIn(stack), EPOCH_SECONDS);
    stores = await openStores(readConfig(environment), { callTimeoutMs: 5_000, operationTimeoutMs: 60_000 });
    workers = army(1, { ...environment, LOG_LEVEL: 'info' });
  }, LIMIT);
  after(async () => {
    await workers?.stop();
    await stores?.close();
    rmSync(folder, { recursive: true, force: true });
    const code = await job?.stop();
    await clusterReset(stack, () => undefined);
    assert.equal(code, 0);
  });

  for (const point of POINTS)
    it(`a run goes on when the active NameNode is killed at ${point}`, LIMIT, async (test) => {
      await allReady(stack);
      const world = await batchWorld({ EPOCH_SECONDS: '10', LOG_LEVEL: 'info' });
      const worker = startEngine([], world.environment);
      let struck = 0;
      const batch = await openBatchOf(world.config, async (reached) => {
        if (reached !== point || struck++ > 0) return;
        await kill(stack, theActiveNameNode);
      });
      try {
        await isReady(worker);
        const fed = await feed(world.config);
        await pause(4_000);
        await fed.stop();
        const { context } = batch;
        const last = epochAt(Date.now(), context.rules);
        await pause(endOf(last, context.rules) - Date.now() + 100);
        const began = Date.now();
        const { reports } = await publishEpochs(context, { from: null, to: last });
        test.diagnostic(`the run took ${((Date.now() - began) / 1_000).toFixed(1)} s`);
        assert.ok(struck > 0);
        assert.deepEqual([...new Set(reports.map(({ result }) => result))], ['proved']);
        assert.ok(reports.some(({ rows }) => rows > 0));
      } finally {
        await worker.stop();
        await batch.close();
        await world.drop();
      }
    });

  it('each of them dies under load, and everything is counted once', LIMIT, async (test) => {
    const all = failovers((text) => test.diagnostic(text));
    for (const scenario of all.filter(({ name }) => only.some((words) => name.includes(words)))) {
      const target = { stack, stores, army: workers };
      const wave = { ratePerSecond, seconds: 25, truthFile, since };
      test.diagnostic(JSON.stringify(await underFire([scenario], target, asker(job.address), wave)));
    }
  });

  it('an export is whole or fails when the active NameNode is killed', LIMIT, async (test) => {
    const ask = asker(job.address);
    const window = `location=all&from=${since - DAY_MS}&to=${Date.now() + DAY_MS}`;
    const { total } = await eventually(
      'everything is published',
      () => ask<TopItemsAnswer>(`top-items?${window}&limit=1&parts=true`),
      ({ parts }) => parts?.speed === 0,
      600_000,
    );
    assert.ok(total > 0);
    await allReady(stack);
    const outcomes = { whole: 0, failed: 0 };
    const began = Date.now();
    let last: number | null = null;
    let killed: Awaited<ReturnType<typeof kill>> | null = null;
    while (Date.now() < began + EXPORTS_FOR_MS) {
      const exporting = rowsOf(`${job.address}/api/v1/export?${window}&format=csv`);
      killed ??= await kill(stack, theActiveNameNode);
      last = await exporting;
      if (last !== null) assert.equal(last, total, 'an export that ends well is whole');
      outcomes[last === null ? 'failed' : 'whole'] += 1;
      await pause(500);
    }
    test.diagnostic(`${outcomes.whole} exports were whole, ${outcomes.failed} failed`);
    assert.ok(outcomes.whole > 0 && last !== null, 'exports are whole again');
    await killed?.isBack();
  });
});

/** Null if it was refused or broke off. */
async function rowsOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!response.ok) return null;
    return (await response.text()).trimEnd().split('\n').length - 1;
  } catch {
    return null;
  }
}
