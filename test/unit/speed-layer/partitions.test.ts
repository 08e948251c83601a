/** Where a worker begins, and what it refuses rather than step over (L1, L3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Refusal } from '../../../core/process/errors.ts';
import type { GrowthRecord, Progress } from '../../../core/stores/control.ts';
import type { TopicFacts } from '../../../core/stores/kafka/types.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import { partitionHooks } from '../../../speed-layer/partitions.ts';
import type { Holdings } from '../../../speed-layer/round.ts';
import { logWatch } from '../../../speed-layer/watch.ts';
import { progressOf, RULES } from './records.ts';

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
    await assert.rejects(hooks([progressOf(2, 50)], 0, 49).assigned([2]), /ends before what was counted/);
  });

  it('is refused if the topic has more partitions than were recorded', async () => {
    await assert.rejects(hooks([null], 0, 80).assigned([4]), /has at least 5 partitions, recorded were 4/);
  });

  it('is welcome if the topic is being given so many', async () => {
    assert.deepEqual(await hooks([null], 0, 80, { ...NOT_GROWN, growingTo: 6 }).assigned([5]), [{ partition: 5, offset: 0 }]);
    await assert.rejects(hooks([null], 0, 80, { ...NOT_GROWN, growingTo: 6 }).assigned([6]), /has at least 7 partitions/);
  });

  it('is forgotten when it goes', async () => {
    const { assigned, revoked, holdings } = hooks([progressOf(2, 50)], 0, 80);
    await assigned([2]);
    await revoked([2]);
    assert.equal(holdings.progress.size, 0);
  });
});

describe('the watch over the log', () => {
  const facts: TopicFacts = { topicId: 'a', partitionCount: 4, isLogAppendTime: true, retentionMs: 1, segmentMs: 1, deletionDelayMs: 1 };
  const watch = (held: Map<number, Progress>, found: Partial<TopicFacts> | null, low = 0) =>
    logWatch('detections', { ...RULES, topicId: 'a' }, { facts: async () => found && { ...facts, ...found }, ends: async () => ends(low, 80) }, { rules: async () => null, growth: async () => NOT_GROWN }, held);

  it('is content with the log that was recorded', () => watch(new Map([[1, progressOf(1, 50)]]), {})());

  it('stops on a topic that was created anew, deleted, or given partitions', async () => {
    await assert.rejects(watch(new Map(), { topicId: 'b' })(), /has id b, recorded was a/);
    await assert.rejects(watch(new Map(), null)(), /has id none/);
    await assert.rejects(watch(new Map(), { partitionCount: 5 })(), /at least 5 partitions/);
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
