/**
 * One replica answers while no quorum does: each such answer is counted, and a quorum is asked again when it is
 * back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal, Retryable } from '../../../../../core/process/errors.ts';
import { cassandraFault } from '../../../../../core/stores/cassandra/faults.ts';
import { USUAL, weakening } from '../../../../../core/stores/cassandra/weakening.ts';

const unavailable = cassandraFault(
  'detections',
  Object.assign(new Error('2 required, 1 alive'), { name: 'ResponseError', code: 0x1000 }),
);
const late = new Retryable('Cassandra', 'no answer in time');
const weak = async () => 'weak';

function stage(options: { strongForMs?: number } = {}) {
  let clock = 0;
  const ring = { fault: null as Error | null, asked: 0, probed: 0 };
  const client = weakening(
    async () => {
      ring.probed++;
      if (ring.fault) throw ring.fault;
    },
    { ...USUAL, ...options, probeEveryMs: 1, now: () => (clock += 500) },
  );
  const strong = async () => {
    ring.asked++;
    if (ring.fault) throw ring.fault;
    return 'strong';
  };
  return { client, ring, strong };
}

test('a quorum answers while there is one', async () => {
  const { client, strong } = stage();
  assert.equal(await client.ask(strong, weak), 'strong');
  assert.deepEqual([client.weakAnswers(), client.isWeak()], [0, false]);
});

test('too few replicas: one answers at once, and so it does until a quorum is found again', async () => {
  const { client, ring, strong } = stage();
  ring.fault = unavailable;
  assert.equal(await client.ask(strong, weak), 'weak');
  assert.equal(await client.ask(strong, weak), 'weak');
  assert.deepEqual([ring.asked, client.weakAnswers(), client.isWeak()], [1, 2, true]);
  while (ring.probed < 3) await pause(1);
  assert.ok(client.isWeak());
  ring.fault = null;
  const before = ring.probed;
  while (client.isWeak()) await pause(1);
  assert.ok(ring.probed >= before + 3, 'one answer of a quorum may be luck');
  assert.equal(await client.ask(strong, weak), 'strong');
  assert.equal(client.weakAnswers(), 2);
});

test('late answers are waited for before one replica is believed', async () => {
  const { client, ring, strong } = stage();
  ring.fault = late;
  assert.equal(await client.ask(strong, weak), 'weak');
  assert.ok(ring.asked > 1, `${ring.asked} tries`);
  client.close();
});

test('a fault that no other replica would mend is thrown', async () => {
  const { client, ring, strong } = stage();
  ring.fault = new Refusal(2, 'no such table');
  await assert.rejects(client.ask(strong, weak), Refusal);
  assert.deepEqual([client.weakAnswers(), client.isWeak()], [0, false]);
});

test('an answer is counted before it is given', async () => {
  const { client, ring, strong } = stage();
  ring.fault = unavailable;
  let counted = 0;
  await client.ask<unknown>(strong, async () => (counted = client.weakAnswers()));
  assert.equal(counted, 1);
  client.close();
});
