/**
 * What Cassandra's nodes are struck with in test/cassandra, done to region servers of HBase: the same lake, feed,
 * worker and questions, so that the figures of both stores in docs/design.md are of one kind.
 *
 * The stack has two region servers (`cluster up --ha`). Rows of the one that is away wait until the other has them;
 * for how long is told and not asserted. In the end every detection was counted once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonName } from '../../hadoop-compose/cluster/daemons.ts';
import { clusterReset } from '../../hadoop-compose/cluster/down.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { addressesIn, withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { eventually, sightline } from '../support/main-job.ts';
import type { StruckWorld } from '../support/struck-world.ts';
import { ask, assertExact, openStruckWorld, tell, watch } from '../support/struck-world.ts';
import { allReady } from './ha-strikes.ts';
import { runningPid } from './scenarios.ts';

const LIMIT = { timeout: 900_000 };
const WATCH_MS = 10_000;
const HALTED_MS = 15_000;
const FRESH_MS = 1_500;
const BACK_LIMIT_MS = 300_000;
const perSecond = Number(process.env.SIGHTLINE_FAULTS_RATE ?? 1_000);
const BOTH: readonly DaemonName[] = ['regionserver', 'regionserver2'];

describe('region servers of HBase under the strikes of Cassandra', () => {
  process.env.SIGHTLINE_STACK = `${process.env.SIGHTLINE_STACK ?? 'own'}-regions`;
  const stack = withRowStore(stackFrom(), { ha: true });
  let lake: StruckWorld;

  before(async () => {
    Object.assign(process.env, addressesIn(stack));
    // The command also gives HDFS's root to whom it runs as.
    assert.equal((await sightline(['cluster', 'up', '--ha'])).code, 0);
    await allReady(stack);
    lake = await openStruckWorld({ EPOCH_SECONDS: '86400', HBASE_REGIONS: '4' }, perSecond);
  }, LIMIT);
  after(async () => {
    await lake?.close();
    await clusterReset(stack, () => undefined);
  });

  const fresh = (): Promise<unknown> =>
    eventually(
      'fresh counts',
      () => ask(lake),
      ({ view }) => view.freshness_ms < FRESH_MS,
      BACK_LIMIT_MS,
    );

  it('an undisturbed time to compare with', LIMIT, async () => {
    const seen = await watch(lake, WATCH_MS);
    tell('HBase, two region servers', seen);
    assert.deepEqual(seen.faults, []);
  });

  for (const names of [...BOTH.map((name) => [name]), BOTH])
    it(`${names.join(' and ')} killed, and started again when the other has taken over`, LIMIT, async () => {
      await allReady(stack);
      for (const name of names) process.kill(runningPid(stack, name), 'SIGKILL');
      const again = async (): Promise<void> => {
        // With both away nobody takes over.
        if (names.length === 1) await fresh();
        await clusterUp(stack, () => undefined);
        await fresh();
      };
      const seen = await watch(lake, WATCH_MS, again());
      tell(`HBase, ${names.join(' and ')} killed`, seen);
      assert.ok(seen.faults.every((fault) => !fault.startsWith('a total fell')));
    });

  it('a region server does not answer for a quarter of a minute', LIMIT, async () => {
    await allReady(stack);
    const pid = runningPid(stack, 'regionserver');
    process.kill(pid, 'SIGSTOP');
    const goneOn = async (): Promise<void> => {
      await pause(HALTED_MS);
      process.kill(pid, 'SIGCONT');
      await fresh();
    };
    const seen = await watch(lake, WATCH_MS, goneOn());
    tell(`HBase, a region server halted for ${HALTED_MS / 1_000} s`, seen);
    await clusterUp(stack, () => undefined);
  });

  it('in the end every detection was counted once', LIMIT, async () => {
    await lake.fed.stop();
    await assertExact(lake);
  });
});
