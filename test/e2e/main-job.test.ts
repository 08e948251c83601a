/**
 * The main job, end to end, on the real stack: what the cameras published is what the API says, whatever dies
 * meanwhile.
 *
 * Invariant: once the log is drained, totals equal the number of distinct ids in the cameras' truth file, by place, by
 * item and in all; in the speed view, while epochs are published, and after; and no total ever falls on the way.
 * Method: the real command, small epochs, copies by other partitioners and without keys, and kill -9 of a speed worker,
 * the region server (with STORES=cassandra the node) and the batch scheduler under load.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import type { LocationsAnswer, TopItemsAnswer, TrustAnswer } from '../../serving/answers.ts';
import { readConfig } from '../../core/process/config.ts';
import { openStores } from '../../core/stores/open.ts';
import { addressesIn, storesIn, withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { nameOfNode } from '../../hadoop-compose/stack/cassandra-nodes.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { partEnvironment } from '../../hadoop-compose/start/options.ts';
import { army } from '../faults/army.ts';
import { asker, underFire } from '../faults/fire.ts';
import { rebalanceStorm, regionsSplit, workersKilled, zombie } from '../faults/scenarios.ts';
import type { MainJob } from '../support/main-job.ts';
import { childrenOf, daemonPid, eventually, nodeTests, sightline, startMainJob } from '../support/main-job.ts';
import { meanwhile } from '../support/meanwhile.ts';
import { readTruth } from '../support/truth.ts';

const IS_ON_CASSANDRA = storesIn(process.env) === 'cassandra';
const EPOCH_SECONDS = 20;
const DAY_MS = 86_400_000;
const TRAFFIC = '--rate 1500 --seconds 75 --copies 0.25 --copy-delay-max 30 --poison 0.005'.split(' ');
/** The longest first. */
const PAGES = ['every-page', 'live', 'pages', 'states', 'rows', 'missing-views', 'footage'].map(
  (name) => `test/browser/${name}.test.ts`,
);

describe('the main job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-e2e-'));
  const truthFile = join(folder, 'truth.csv');
  let job: MainJob;
  let window: string;

  before(async () => {
    job = await startMainJob(['--rate', '0', '--epoch-seconds', String(EPOCH_SECONDS), '--workers', '2']);
    window = `from=${Date.now() - 2 * DAY_MS}&to=${Date.now() + DAY_MS}`;
  });

  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (job) assert.equal(await job.stop(), 0, 'Ctrl-C stops everything and ends well');
  });

  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(`${job.address}/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  const total = async (): Promise<TopItemsAnswer> => ask(`top-items?location=all&${window}&limit=1000&parts=true`);

  it(
    'counts every detection once while a worker, the daemon that has the rows and the batch scheduler are killed',
    { timeout: 600_000 },
    async () => {
      const fell: string[] = [];
      let last = 0;
      const watch = async (): Promise<void> => {
        const answer = await total().catch(() => null);
        if (answer && answer.total < last) fell.push(`${last} → ${answer.total} at horizon ${answer.view.horizon}`);
        last = Math.max(last, answer?.total ?? 0);
        await pause(500);
      };
      const strikes = async (): Promise<TopItemsAnswer> => {
        const produce = sightline(['produce', ...TRAFFIC, '--truth', truthFile]);
        for (const kill of [
          () => childrenOf(job.pid, 'speed').at(0),
          () => daemonPid(IS_ON_CASSANDRA ? nameOfNode(1) : 'regionserver'),
          () => childrenOf(job.pid, 'batch').at(0),
        ]) {
          await pause(15_000);
          const pid = kill();
          assert.ok(pid, 'there is something to kill');
          process.kill(pid, 'SIGKILL');
        }
        assert.equal((await produce).code, 0);
        const { size } = await distinct();
        const isWhole = ({ total: now, view }: TopItemsAnswer): boolean => now >= size && view.freshness_ms === 0;
        return eventually('the whole truth', total, isWhole, 300_000);
      };
      const answer = await meanwhile(watch, strikes);
      assert.equal(answer.total, (await distinct()).size);
      assert.deepEqual(fell, [], 'no total ever fell');
    },
  );

  it('stays exact while workers and daemons are struck', { timeout: 900_000 }, async (test) => {
    const stack = withRowStore(stackFrom(), { stores: storesIn(process.env) });
    const environment = partEnvironment(process.env, addressesIn(stack), EPOCH_SECONDS);
    const stores = await openStores(readConfig(environment), { callTimeoutMs: 5_000, operationTimeoutMs: 60_000 });
    const workers = army(1, { ...environment, LOG_LEVEL: 'info' });
    try {
      const wave = { ratePerSecond: 500, seconds: 35, truthFile, since: Date.now() };
      const scenarios = [zombie, rebalanceStorm(3), workersKilled(3), ...(IS_ON_CASSANDRA ? [] : [regionsSplit])];
      test.diagnostic(
        JSON.stringify(await underFire(scenarios, { stack, stores, army: workers }, asker(job.address), wave)),
      );
    } finally {
      await workers.stop();
      await stores.close();
    }
  });

  it('publishes the epochs and still says the same', { timeout: 360_000 }, async () => {
    const expected = await distinct();
    const published = await eventually(
      'every counted epoch published',
      total,
      ({ parts }) => parts?.speed === 0,
      300_000,
    );
    assert.equal(published.total, expected.size);
    assert.equal(published.parts?.batch, expected.size);
    const items = new Map<string, number>();
    for (const { item } of expected.values()) items.set(item, (items.get(item) ?? 0) + 1);
    assert.deepEqual(new Map(published.items.map(({ item_name, count }) => [item_name, count])), items);
    const { locations } = await ask<LocationsAnswer>(`locations?${window}`);
    const places = new Map<string, number>();
    for (const { location } of expected.values()) places.set(location, (places.get(location) ?? 0) + 1);
    const counted = locations.filter(({ count }) => count > 0);
    assert.deepEqual(new Map(counted.map((place) => [place.geographical_location_oid, place.count])), places);
  });

  it('proves each epoch, and accounts for every record of the log', { timeout: 240_000 }, async () => {
    const lines = await readTruth(truthFile);
    const inLog = ({ partitions }: TrustAnswer): number =>
      partitions.reduce((sum, { end_offset }) => sum + end_offset, 0);
    // The last epochs may still be open; a quiet log ends them with ticks.
    const settled = (answer: TrustAnswer): boolean =>
      answer.tallies.ticks > 0 && answer.tallies.records === inLog(answer);
    const { tallies } = await eventually(
      'every record of the log tallied, ticks among them',
      () => ask<TrustAnswer>('trust'),
      settled,
      180_000,
    );
    assert.equal(
      tallies.records,
      tallies.new + tallies.copies + tallies.strays + tallies.deferred + tallies.dead_letters + tallies.ticks,
    );
    assert.equal(tallies.new, (await distinct()).size);
    assert.equal(tallies.dead_letters, lines.filter(({ kind }) => kind.startsWith('poison')).length);
    assert.ok(tallies.strays > 0 && tallies.copies > 0, `${tallies.strays} strays, ${tallies.copies} copies`);
  });

  it('tells one detection by its id, joined with its place', async () => {
    const [id, line] = [...(await distinct())].at(-1)!;
    const row = await ask<Record<string, unknown>>(`detections/${id}`);
    assert.equal(row.item_name, line.item);
    assert.equal(row.geographical_location_oid, line.location);
    assert.equal(row.timestamp_detected, line.detectedAt);
  });

  it('shows it all in a real browser', { timeout: 900_000 }, async () => {
    const cameras = new AbortController();
    const produce = sightline(['produce', '--rate', '200', '--seconds', '890'], process.env, cameras.signal);
    try {
      const environment = { ...process.env, SIGHTLINE_URL: job.address };
      // Pages wait most of the time, so two files share the cores.
      assert.equal(await nodeTests(PAGES, environment, { concurrency: 2 }), 0);
      // This one counts the streams that the app has open, so nobody else may have any.
      assert.equal(await nodeTests(['test/browser/windows.test.ts'], environment, { concurrency: 1 }), 0);
    } finally {
      cameras.abort();
      await produce;
    }
  });

  async function distinct(): Promise<Map<string, { item: string; location: string; detectedAt: number }>> {
    const lines = await readTruth(truthFile);
    return new Map(lines.filter(({ kind }) => !kind.startsWith('poison')).map((line) => [line.id, line]));
  }
});
