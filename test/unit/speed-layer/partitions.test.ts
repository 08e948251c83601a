/** Where a worker begins, and what it refuses rather than step over (L1, L3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Refusal, Retryable } from '../../../core/process/errors.ts';
import type { TopicFacts } from '../../../core/stores/kafka/types.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import { ALWAYS_SURE } from '../../../core/stores/room/certainty.ts';
import { partitionHooks } from '../../../speed-layer/partitions.ts';
import type { Holdings } from '../../../speed-layer/round-ports.ts';
import type { GrowthRecord } from '../../../core/stores/control/growth-rows.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { logWatch } from '../../../speed-layer/watch.ts';
import { otherwise, SOUND_TOPIC } from '../../support/topic-facts.ts';
import { NOON, progressOf, RULES } from './records.ts';

const ends = (low: number, high: number) => [0, 1, 2, 3].map((partition) => ({ partition, low, high }));

const NOT_GROWN: GrowthRecord = { change: 0, settled: -1, growths: [], growingTo: null };

function hooks(found: (Progress | null)[], low: number, high: number, growth = NOT_GROWN) {
  const holdings: Holdings = { progress: new Map(), counts: countRows(1_000), held: new Map(), ahead: new Map() };
  const ports = {
    topic: 'detections',
    rules: { ...RULES, firstOffsets: [30, 30, 30, 30] },
    control: { progress: async () => found, growth: async () => growth },
    admin: { ends: async () => ends(low, high) },
    persist: <T>(step: () => Promise<T>) => step(),
    certainty: ALWAYS_SURE,
  };
  return { holdings, ...partitionHooks(ports, holdings) };
}

describe('a partition that comes', () => {
  it('begins at its progress', async () => {
    const { assigned, holdings } = hooks([progressOf(2, 50)], 0, 80);
    assert.deepEqual(await assigned([2]), [{ partition: 2, offset: 50 }]);
    assert.equal(holdings.progress.get(2)?.nextOffset, 50);
  });

  it('without progress begins where the generation does', async () => {
    assert.deepEqual(await hooks([null], 0, 80).assigned([2]), [{ partition: 2, offset: 30 }]);
  });

  it('is refused if its log begins after the progress', async () => {
    await assert.rejects(hooks([progressOf(2, 50)], 51, 80).assigned([2]), (fault) => {
      assert.ok(fault instanceof Refusal);
      assert.match(fault.message, /holds offsets 51 to 80, and offset 50 was wanted.*retention.*cluster reset/s);
      return true;
    });
  });

  it('is refused if its log ends before the progress', async () => {
    await assert.rejects(hooks([progressOf(2, 50)], 0, 49).assigned([2]), /ends before the offset that is counted/);
  });

  it('is refused if the topic has more partitions than were recorded', async () => {
    await assert.rejects(hooks([null], 0, 80).assigned([4]), /has at least 5 partitions, recorded were 4/);
  });

  it('is welcome if the topic is being given so many', async () => {
    assert.deepEqual(await hooks([null], 0, 80, { ...NOT_GROWN, growingTo: 6 }).assigned([5]), [
      { partition: 5, offset: 0 },
    ]);
    await assert.rejects(
      hooks([null], 0, 80, { ...NOT_GROWN, growingTo: 6 }).assigned([6]),
      /has at least 7 partitions/,
    );
  });

  it('is forgotten when it goes', async () => {
    const { assigned, revoked, holdings } = hooks([progressOf(2, 50)], 0, 80);
    await assigned([2]);
    await revoked([2]);
    assert.equal(holdings.progress.size, 0);
  });
});

describe('the watch over the log', () => {
  const threats: string[][] = [];
  const ports = {
    topic: 'detections',
    rules: { ...RULES, topicId: 'a' },
    control: { rules: async () => null, growth: async () => NOT_GROWN },
    leastRetentionMs: 7_200_000,
    warn: (texts: readonly string[]) => void threats.push([...texts]),
    now: () => NOON,
  };
  const watch = (progress: Map<number, Progress>, found: Partial<TopicFacts> | null, low = 0) =>
    logWatch({
      ...ports,
      admin: { facts: async () => found && { ...SOUND_TOPIC, ...found }, ends: async () => ends(low, 80) },
      progress,
    }).look;

  it('is content with the log that was recorded', async () => {
    await assert.doesNotReject(watch(new Map([[1, progressOf(1, 50)]]), {})());
  });

  it('stops on a topic that was created anew, deleted, or given partitions', async () => {
    await assert.rejects(watch(new Map(), { topicId: 'b' })(), /has id b, recorded was a/);
    await assert.rejects(watch(new Map(), null)(), /has id none/);
    await assert.rejects(watch(new Map(), { partitionCount: 5 })(), /at least 5 partitions/);
  });

  it('stops on settings under which going on would count wrongly, and names the command that mends them', async () => {
    await assert.rejects(
      watch(new Map(), otherwise({ 'message.timestamp.type': 'CreateTime' }))(),
      /has message.timestamp.type=CreateTime, LogAppendTime was expected.*"sightline prepare" mends it, or kafka-configs.sh --bootstrap-server \S+ .*--add-config message.timestamp.type=LogAppendTime/,
    );
    await assert.rejects(
      watch(new Map(), otherwise({ 'cleanup.policy': 'compact,delete' }))(),
      /cleanup.policy=compact,delete, delete was expected/,
    );
    await assert.rejects(
      watch(new Map(), otherwise({ 'max.message.bytes': '1000000' }))(),
      /max.message.bytes=1000000, at least 1048588/,
    );
    await assert.rejects(
      watch(new Map(), { ...SOUND_TOPIC, deadLetterSettings: null })(),
      /Topic detections.dlq does not exist.*"sightline prepare" creates it/,
    );
  });

  it('says since when the settings are not right', async () => {
    let found: TopicFacts = SOUND_TOPIC;
    const admin = { facts: async () => found, ends: async () => ends(0, 80) };
    const { look } = logWatch({ ...ports, admin, progress: new Map() });
    await look();
    found = otherwise({ 'message.timestamp.type': 'CreateTime' });
    await assert.rejects(look(), /This was changed after 2026-11-22T12:00:00.000Z/);
  });

  it('says that it waits for Kafka until a look has an answer', async () => {
    let isAway = true;
    const facts = async () => {
      if (isAway) throw new Retryable('Kafka', 'no broker answers');
      return SOUND_TOPIC;
    };
    const { look, waitingFor } = logWatch({
      ...ports,
      admin: { facts, ends: async () => ends(0, 80) },
      progress: new Map(),
    });
    assert.equal(waitingFor(), null);
    await assert.rejects(look(), Retryable);
    assert.equal(waitingFor(), 'waiting for Kafka: no broker answers');
    isAway = false;
    await look();
    assert.equal(waitingFor(), null);
  });

  it('goes on and tells of what only threatens: stopping would make the loss certain', async () => {
    threats.length = 0;
    await watch(new Map(), otherwise({ 'retention.bytes': '1000', 'retention.ms': '60000' }))();
    assert.match(
      threats[0]!.join('\n'),
      /retention.bytes=1000, -1 was expected.*\n.*retention.ms=60000, at least 7200000 was expected/,
    );
    await watch(new Map(), {})();
    assert.deepEqual(threats[1], []);
  });

  it('stops when records are gone that were still to be read, unless they had been fetched', async () => {
    const held = new Map([[1, progressOf(1, 50)]]);
    const look = watch(held, {}, 60);
    await look();
    held.set(1, progressOf(1, 55));
    await look();
    await assert.rejects(look(), /offset 55 was wanted/);
  });
});
