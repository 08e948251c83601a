/** A query is started from the progress, again after each end, and never again after a fault that cannot pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../../core/process/errors.ts';
import type { JobState, SparkJob } from '../../../../speed-layer/spark/job.ts';
import type { StartOrder } from '../../../../speed-layer/spark/plan.ts';
import { runningQuery } from '../../../../speed-layer/spark/query.ts';

function stage() {
  const events: string[] = [];
  let state: JobState = { is: 'starting' };
  let now = 0;
  const job: SparkJob = {
    state: () => state,
    start(order) {
      events.push(`start ${order.run}`);
      state = { is: 'starting' };
    },
    stop: () => void events.push('stop'),
    close: async () => void events.push('close'),
  };
  const query = runningQuery({
    openJob: () => {
      events.push('open');
      state = { is: 'idle', fault: null };
      return job;
    },
    order: async (run) => ({ order: 'start', run }) as StartOrder,
    log: { info: () => undefined, warn: () => undefined },
    now: () => now,
  });
  return {
    query,
    events,
    look: (because: string | null = null) => query.look(() => because),
    be: (next: JobState) => void (state = next),
    after: (ms: number) => void (now += ms),
  };
}

test('a query that runs is left alone, and one that must restart is stopped once', async () => {
  const { query, events, look, be } = stage();
  await look();
  assert.deepEqual(events, ['open', 'start 1']);
  assert.notEqual(query.waitingFor(), null);
  be({ is: 'running', since: 0 });
  await look();
  assert.equal(query.waitingFor(), null);
  await look('the topic grew');
  await look('the topic grew');
  be({ is: 'idle', fault: null });
  await look();
  assert.deepEqual(events, ['open', 'start 1', 'stop', 'start 2']);
});

test('a query that fails is started again after pauses that grow', async () => {
  const { events, look, be, after, query } = stage();
  await look();
  for (const pauseMs of [1_000, 2_000, 4_000]) {
    be({ is: 'idle', fault: 'org.apache.spark.SparkException: lost\nmore' });
    await look();
    assert.equal(query.waitingFor(), 'the query has ended: org.apache.spark.SparkException: lost');
    be({ is: 'idle', fault: null });
    after(pauseMs - 1);
    await look();
    assert.equal(events.at(-1), `start ${events.length - 1}`);
    after(1);
    await look();
  }
  assert.deepEqual(events, ['open', 'start 1', 'start 2', 'start 3', 'start 4']);
});

test('a driver that is gone is started anew', async () => {
  const { events, look, be, after } = stage();
  await look();
  be({ is: 'gone', fault: 'spark-submit ended with 1' });
  await look();
  after(60_000);
  await look();
  assert.deepEqual(events, ['open', 'start 1', 'close', 'open', 'start 2']);
});

test('a refusal of the process that decides ends the engine with its exit code and words', async () => {
  const { look, be } = stage();
  await look();
  be({ is: 'idle', fault: 'StreamingQueryException: …\njava.lang.X: SIGHTLINE EXIT 4: Partition 0 holds less.\n' });
  await assert.rejects(
    look(),
    (fault) => fault instanceof Refusal && fault.exitCode === 4 && fault.message === 'Partition 0 holds less.',
  );
});

test('a fault that may pass does not end the engine', async () => {
  const { look, be, query } = stage();
  await look();
  be({ is: 'idle', fault: 'java.lang.X: SIGHTLINE EXIT 5: Start it again.' });
  await look();
  assert.equal(query.waitingFor(), 'the query has ended: Start it again.');
});
