/** Workers and Spark never share a group for long, and the group's offsets follow the progress. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConsumer } from '../../../../core/stores/kafka/types.ts';
import { soleMember } from '../../../../speed-layer/spark/group.ts';

const CONFIG = { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_GROUP: 'g', KAFKA_TOPIC: 't' };

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
