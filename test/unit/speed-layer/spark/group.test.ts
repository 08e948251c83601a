/** Workers and Spark never share a group for long, and the group's offsets follow the progress. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConsumer } from '../../../../core/stores/kafka/types.ts';
import { soleMember } from '../../../../speed-layer/spark/group.ts';

const CONFIG = { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_GROUP: 'g', KAFKA_TOPIC: 't' };

const silent = (): LogConsumer => ({
  take: async () => [],
  hold: () => undefined,
  commit: () => undefined,
  drained: () => new Map(),
  ends: () => new Map(),
  close: async () => undefined,
});

test('the supervisor ends when others hold partitions, and waits when the group has forgotten it', async () => {
  let now = 0;
  let members = ['sightline.speed at /10.0.0.1'];
  const member = soleMember(CONFIG, {
    consumer: silent(),
    held: new Set([0]),
    now: () => now,
    membersOf: async () => members,
  });
  for (; now <= 60_000; now += 1_000) await member.look([], 2);
  members = ['sightline.speed at /10.0.0.1', 'sightline.speed at /10.0.0.2'];
  await assert.rejects(
    async () => {
      for (const end = now + 12_000; now <= end; now += 1_000) await member.look([], 2);
    },
    { exitCode: 5, message: /Group g has other members: .*10\.0\.0\.2.*Stop the others/ },
  );
});

test('the supervisor reads nothing, and commits what it holds', async () => {
  const done: string[] = [];
  const consumer: LogConsumer = {
    take: async (limit) => {
      done.push(`take ${limit}`);
      return [];
    },
    hold: (partitions) => void done.push(`hold ${partitions.join()}`),
    commit: (next) => void done.push(`commit ${next.map(({ partition, offset }) => `${partition}:${offset}`).join()}`),
    drained: () => new Map(),
    ends: () => new Map(),
    close: async () => void done.push('close'),
  };
  const held = new Set([0, 1]);
  let now = 0;
  const member = soleMember(CONFIG, { consumer, held, now: () => now });
  const next = [0, 1, 2].map((partition) => ({ partition, offset: partition * 10 }));
  await member.look(next, 2);
  assert.deepEqual(done.splice(0), ['take 2', 'hold 0,1', 'commit 0:0,1:10']);
  // A rebalance takes a partition away for a moment.
  held.delete(1);
  await member.look(next, 2);
  now = 9_000;
  held.add(1);
  await member.look(next, 2);
  now = 18_000;
  await member.look(next, 2);
  await member.close(next);
  assert.deepEqual(done.slice(-2), ['commit 0:0,1:10', 'close']);
});
